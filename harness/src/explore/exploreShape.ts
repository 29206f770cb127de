import { amount, count, fields, flag, list, number, record, type Shape, text, whole } from '../base/shape.ts'
import type { ExploreResult } from './explore.ts'
import { planShape } from './plan.ts'

const names = list(text())
const cells = record(record(names))
const sequences = fields({
  reached: record(record(count)),
  missed: record(names),
  reachedCount: count,
  possibleCount: count,
})
const ratio = number({ least: 0, most: 1 })
const rate = { failed: count, repeats: count, lowestRatio: ratio, highestRatio: ratio }
/** Messages of checkers can be long. */
const message = text({ longest: 1_000_000 })
const findings = list(fields({ by: text(), message }))

const found = fields(
  { run: count, plan: planShape, findings, folder: text() },
  {
    shrunk: fields({ plan: planShape, folder: text(), tried: count, gaveUp: flag, ...rate, before: fields(rate) }),
  },
)

const coverage = fields({
  families: record(fields({ opened: count, withoutEffect: count, notOpened: count })),
  workloads: record(count),
  reached: cells,
  missed: cells,
  reachedCount: count,
  possibleCount: count,
  sequences: fields({ onNode: sequences, acrossNodes: sequences }),
  undeclared: names,
  never: fields({ families: names, workloads: names, states: names, pairs: names }),
})

/** explore.json, as far as it is added up: another machine wrote it. */
export const exploreShape: Shape<ExploreResult> = whole(
  fields(
    {
      system: text(),
      seed: count,
      runtime: text(),
      runs: count,
      found: list(found),
      weak: list(fields({ run: count, workload: text(), why: message })),
      troubled: list(
        fields({
          run: count,
          workload: text(),
          troubles: list(fields({ by: text(), message }, { host: message })),
        }),
      ),
      faults: fields({ drawn: count, opened: count, effective: count }),
      operations: fields({ ok: count, fail: count, info: count }),
      unknown: record(count),
      judged: names,
      neverJudged: names,
      coverage,
      durationMs: amount,
      interrupted: flag,
    },
    { build: text(), shard: text({ pattern: /^\d+\/\d+$/ }), stopped: message },
  ),
)
