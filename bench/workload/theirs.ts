/** autocannon in a process of its own, closed loop over 10 connections: `theirs.ts <origin> <requests> <warm-up requests>`. */
import autocannon from 'autocannon'
import type { GeneratorReport } from '../workload.ts'

const [url = '', requests = '', warmUp = ''] = process.argv.slice(2)
const load = (amount: number) => autocannon({ url, connections: 10, amount })
if (Number(warmUp) > 0) await load(Number(warmUp))
const before = process.cpuUsage()
const result = await load(Number(requests))
const cpu = process.cpuUsage(before)
const report: GeneratorReport = {
  requests: result.requests.total,
  failed: result.errors + result.non2xx,
  cpuMs: (cpu.user + cpu.system) / 1_000,
  p999Ms: result.latency.p99_9,
}
process.stdout.write(JSON.stringify(report))
