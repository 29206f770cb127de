/** Our generator in a process of its own: `ours.ts <origin> <loop as JSON> <longest ms> <runs> <warm-up runs>`; tells what it saw and what it cost. */
import { Seed } from '../../harness/src/base/seed.ts'
import { openHttp } from '../../harness/src/workload/http.ts'
import { type Loop, runLoad } from '../../harness/src/workload/load.ts'
import type { GeneratorReport } from '../workload.ts'

const [origin = '', loop = '', windowMs = '', runCount = '', warmUp = ''] = process.argv.slice(2)
const http = openHttp(origin, { connections: 10 })
const load = (mostRuns: number) =>
  runLoad({
    name: 'get',
    seed: new Seed(1),
    scenarios: [{ name: 'get', run: (user) => user.step('get', () => http.request({ path: '/' })) }],
    loop: JSON.parse(loop) as Loop,
    windows: 1,
    repeats: 0,
    windowMs: Number(windowMs),
    mostRuns,
  })
if (Number(warmUp) > 0) await load(Number(warmUp))
const before = process.cpuUsage()
const result = await load(Number(runCount))
const cpu = process.cpuUsage(before)
await http.close()
const { runs, failCount, infoCount, p999Ms } = result.total()
const report: GeneratorReport = {
  requests: runs,
  failed: failCount + infoCount,
  cpuMs: (cpu.user + cpu.system) / 1_000,
  p999Ms,
  lagP99Ms: result.generator().lagP99Ms,
}
process.stdout.write(JSON.stringify(report))
