/** autocannon in a process of its own, closed loop over 10 connections: `theirs.ts <origin> <seconds> [warm]`. */
import autocannon from 'autocannon'
import type { GeneratorReport } from '../workload.ts'

const [url = '', seconds = ''] = process.argv.slice(2)
const load = (duration: number) => autocannon({ url, connections: 10, duration })
if (process.argv[4] === 'warm') await load(1)
const before = process.cpuUsage()
const { requests, latency, errors, non2xx } = await load(Number(seconds))
const cpu = process.cpuUsage(before)
const report: GeneratorReport = {
  requests: requests.total,
  failed: errors + non2xx,
  cpuMs: (cpu.user + cpu.system) / 1_000,
  p999Ms: latency.p99_9,
}
process.stdout.write(JSON.stringify(report))
