/** Holds the doors of a kept cluster open, so that its nodes go on reaching each other. Ended by `breakwater clean`. */
import { readFileSync } from 'node:fs'
import { Seed } from '../base/seed.ts'
import { layRegionLines } from '../cluster/regions.ts'
import { openNetwork } from '../network/network.ts'
import type { Kept } from './keep.ts'

const path = process.argv[2]
if (!path) throw new Error('the keeper needs the path of what it keeps')
const kept = JSON.parse(readFileSync(path, 'utf8')) as Kept
const network = await openNetwork({ nodes: kept.doors })
for (const map of kept.regions) layRegionLines(network, map, new Seed(kept.seed))
