/** Holds the doors and the addresses of a kept cluster, so that its nodes go on reaching each other. Ended by `breakwater clean`. */
import { readFileSync } from 'node:fs'
import { Server } from 'node:net'
import { Seed } from '../base/seed.ts'
import { layRegionLines } from '../cluster/regions.ts'
import { openNetwork } from '../network/network.ts'
import { claimsAreComplete, type Kept, keeperIsUp } from './keep.ts'

const path = process.argv[2]
if (!path) throw new Error('the keeper needs the path of what it keeps')
const kept = JSON.parse(readFileSync(path, 'utf8')) as Kept

process.on('message', async (message, handle) => {
  // A claim listens for nobody: that it does is all there is to it.
  if (handle instanceof Server) handle.on('connection', (socket) => socket.destroy())
  if (message !== claimsAreComplete) return
  for (const { doors, regions } of kept.clusters) {
    const network = await openNetwork({ nodes: doors })
    if (regions) layRegionLines(network, regions, new Seed(kept.seed))
  }
  process.send?.(keeperIsUp)
})
