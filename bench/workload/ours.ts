/** Our generator in a process of its own: `ours.ts <origin> <loop as JSON> <ms>`; tells what it saw and what it cost. */
import { Seed } from '../../harness/src/base/seed.ts'
import { openHttp } from '../../harness/src/workload/http.ts'
import { type Loop, runLoad } from '../../harness/src/workload/load.ts'
import type { GeneratorReport } from '../workload.ts'

const [origin = '', loop = '', windowMs = ''] = process.argv.slice(2)
const http = openHttp(origin, { connections: 10 })
const load = (ms: number) =>
  runLoad({
    name: 'get',
    seed: new Seed(1),
    scenarios: [{ name: 'get', run: (user) => user.step('get', () => http.request({ path: '/' })) }],
    loop: JSON.parse(loop) as Loop,
    windows: 1,
    repeats: 0,
    windowMs: ms,
  })
if (process.argv[5] === 'warm') await load(500)
const before = process.cpuUsage()
const result = await load(Number(windowMs))
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
