import type { Act } from './act.ts'
import { undeclaredErrors } from './errorLines.ts'
import { observeLastDigests } from './lastDigests.ts'

/** Every node is read, and what was recorded is judged by all checks of the workload. */
export async function judgeRun<Client>({
  exploration,
  workload,
  stage,
  stop,
  outcome,
  find,
  judging,
}: Act<Client>): Promise<void> {
  const { cluster, run } = stage
  const { digest } = exploration.system.abilities
  const checks = [...workload.checks]
  try {
    if (digest && cluster.nodes.length > 1 && !checks.some(({ checker }) => checker === 'converges')) {
      await observeLastDigests(stage, digest)
      checks.push({ checker: 'converges' })
    }
    await workload.observe(stage)
    for (const violation of (await workload.violations?.(stage)) ?? []) find('violation')(violation)
  } catch (error) {
    // A node that cannot be read was told of already, or is the news.
    find('observe')(error)
  }
  const { expectedErrors } = exploration
  if (expectedErrors) for (const sentence of undeclaredErrors(cluster, expectedErrors)) find('log')(sentence)
  for (const { checker, options } of checks) {
    if (stop.aborted) return
    const verdict = judging(() => run.check(checker, options))
    outcome.verdicts.push(verdict)
    if (verdict.verdict === 'invalid') find(checker)(`${verdict.claim}: ${verdict.found}`)
  }
}
