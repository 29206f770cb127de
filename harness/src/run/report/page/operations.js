// Operations: each as a point by latency and outcome, how many a second, and their latency over time.

const outcomeNames = ['ok', 'fail', 'info']

function drawLatency() {
  const place = document.getElementById('latency')
  if (!place) return
  const { points } = data
  const least = points.ms.reduce((low, ms) => Math.min(low, ms), Number.POSITIVE_INFINITY)
  const most = points.ms.reduce((top, ms) => Math.max(top, ms), 0.01)
  const floor = 10 ** Math.floor(Math.log10(Math.max(least, 0.01)))
  const ceiling = Math.max(most * 1.3, floor * 10)
  const chart = makeChart(
    place,
    {
      series: [{}, { scale: 'y', show: true, points: { show: false } }],
      scales: { y: { distr: 3, log: 10, range: () => [floor, ceiling] } },
      axes: [timeAxis(true), latencyAxis()],
      padding: [6, rightGap(), 0, 0],
      hooks: { drawClear: [(u) => shadeFaults(u)], draw: [(u) => drawPoints(u, floor)] },
    },
    [
      [0, data.spanMs],
      [null, null],
    ],
    isNarrow() ? 240 : 300,
  )
  onPointer(chart, (_ms, at, within) => {
    const found = nearest(chart, within, floor)
    if (found === undefined) hideTip()
    else tellPoint(found, at)
  })
}

function latencyAxis() {
  const powers = (/** @type {uPlot} */ _u, /** @type {(number | null)[]} */ at) =>
    at.map((ms) => (ms === null || !isPowerOfTen(ms) ? null : ms))
  return valueAxis({
    scale: 'y',
    filter: powers,
    values: (_u, at) => at.map((ms) => (ms === null ? '' : shortMs(ms))),
    grid: { stroke: () => colour('line'), width: 1, filter: powers },
  })
}

/** @param {number} value */
const isPowerOfTen = (value) => Math.abs(Math.log10(value) - Math.round(Math.log10(value))) < 1e-6

/** @param {number} ms */
function shortMs(ms) {
  if (ms >= 1_000) return `${formatCount(ms / 1_000)} s`
  return ms >= 1 ? `${ms} ms` : `${formatCount(ms * 1_000)} µs`
}

/** Those that went well first, so that none that did not is hidden; each outcome by its own form. @param {uPlot} u @param {number} floor */
function drawPoints(u, floor) {
  const { ctx } = u
  const { points } = data
  const px = devicePixelRatio
  ctx.save()
  clip(u)
  for (const outcome of [0, 2, 1]) {
    const paint = colour(outcomeNames[outcome] ?? 'ok')
    ctx.fillStyle = paint
    ctx.globalAlpha = outcome === 0 ? (points.at.length > 3_000 ? 0.4 : 0.6) : 0.95
    const size = (outcome === 0 ? (points.at.length > 3_000 ? 1.4 : 2) : 3.4) * px
    for (let at = 0; at < points.at.length; at++) {
      if (points.outcome[at] !== outcome) continue
      const ms = points.at[at] ?? 0
      if (ms < shown.from || ms > shown.to) continue
      const x = u.valToPos(ms, 'x', true)
      const y = u.valToPos(Math.max(points.ms[at] ?? 0, floor), 'y', true)
      if (outcome === 1) drawCross(ctx, x, y, size, paint, 1.6 * px)
      else {
        ctx.beginPath()
        if (outcome === 0) ctx.arc(x, y, size, 0, 2 * Math.PI)
        else {
          ctx.moveTo(x, y - size * 1.25)
          ctx.lineTo(x + size * 1.25, y)
          ctx.lineTo(x, y + size * 1.25)
          ctx.lineTo(x - size * 1.25, y)
        }
        ctx.fill()
      }
    }
  }
  ctx.restore()
}

const reachPx = 22

/** The point that is nearest to the pointer, if one is near. @param {uPlot} u @param {{ x: number, y: number }} within @param {number} floor */
function nearest(u, within, floor) {
  const { points } = data
  let found
  let least = reachPx ** 2
  for (let at = 0; at < points.at.length; at++) {
    const ms = points.at[at] ?? 0
    if (ms < shown.from || ms > shown.to) continue
    const dx = u.valToPos(ms, 'x') - within.x
    if (dx * dx > least) continue
    const dy = u.valToPos(Math.max(points.ms[at] ?? 0, floor), 'y') - within.y
    // What went wrong is easier to hit.
    const away = (dx * dx + dy * dy) * (points.outcome[at] === 0 ? 1 : 0.5)
    if (away >= least) continue
    least = away
    found = at
  }
  return found
}

/** @param {number} at its place among the points @param {{ x: number, y: number }} pointer */
function tellPoint(at, pointer) {
  const { points } = data
  const text = (/** @type {'kind' | 'node' | 'client' | 'key' | 'error'} */ column) =>
    points.texts[points[column][at] ?? -1]
  showTip(
    `${text('kind') ?? 'operation'}: ${outcomeNames[points.outcome[at] ?? 0]}, ${formatMs(points.ms[at] ?? 0)}`,
    [
      text('error'),
      `${text('client') ?? '?'} asked ${text('node') ?? '?'} at ${clock(points.at[at] ?? 0, 1)}`,
      text('key') === undefined ? undefined : `key ${text('key')}`,
    ],
    pointer,
  )
}

function drawThroughput() {
  const place = document.getElementById('throughput')
  if (!place) return
  const { at, okPerSecond, failPerSecond, infoPerSecond } = data.overTime
  // Stacked: each line is the sum of those below it and its own.
  const info = infoPerSecond.map((count, index) => count + (okPerSecond[index] ?? 0))
  const all = failPerSecond.map((count, index) => count + (info[index] ?? 0))
  const area = (/** @type {string} */ name, /** @type {string} */ opacity) => ({
    scale: 'y',
    stroke: () => colour(name),
    fill: () => `${colour(name)}${opacity}`,
    width: 1,
    points: { show: false },
    paths: uPlot.paths.bars?.({ size: [1, 200], align: 0, gap: 0.5 }),
  })
  const chart = makeChart(
    place,
    {
      series: [{}, area('fail', 'd0'), area('info', 'd0'), area('ok', '')],
      scales: { y: { range: (_u, _least, most) => [0, Math.max(most * 1.1, 1)] } },
      axes: [
        timeAxis(true),
        valueAxis({ scale: 'y', values: (_u, ticks) => ticks.map((count) => `${formatCount(count)}/s`) }),
      ],
      padding: [6, rightGap(), 0, 0],
      hooks: { drawClear: [(u) => shadeFaults(u)] },
    },
    [at, all, info, okPerSecond],
    150,
  )
  onPointer(chart, (ms, pointer) => {
    const index = stretchAt(ms)
    if (index === undefined) return hideTip()
    showTip(
      `around ${clock(at[index] ?? 0, 10)}`,
      [
        `${formatCount(okPerSecond[index] ?? 0)} ok a second`,
        failPerSecond[index] ? `${formatCount(failPerSecond[index] ?? 0)} fail a second` : undefined,
        infoPerSecond[index] ? `${formatCount(infoPerSecond[index] ?? 0)} info a second` : undefined,
      ],
      pointer,
    )
  })
}

function drawQuantiles() {
  const place = document.getElementById('quantiles')
  if (!place) return
  const { at, p50Ms, p95Ms, p99Ms, maxMs } = data.overTime
  // A logarithm has no place for 0.
  const above = (/** @type {(number | null)[]} */ column) =>
    column.map((ms) => (ms === null ? null : Math.max(ms, 0.01)))
  const values = [maxMs, p50Ms].flat().filter((ms) => ms !== null)
  const least = values.reduce((low, ms) => Math.min(low, ms), Number.POSITIVE_INFINITY)
  const most = values.reduce((top, ms) => Math.max(top, ms), 0.01)
  const floor = 10 ** Math.floor(Math.log10(Math.max(least, 0.01)))
  const line = (/** @type {string} */ name, width = 1.6) => ({
    scale: 'y',
    stroke: () => colour(name),
    width,
    points: { show: true, size: 3, fill: () => colour(name) },
  })
  const chart = makeChart(
    place,
    {
      series: [{}, line('max', 1), line('p99'), line('p95'), line('p50')],
      scales: { y: { distr: 3, log: 10, range: () => [floor, Math.max(most * 1.3, floor * 10)] } },
      axes: [timeAxis(true), latencyAxis()],
      padding: [6, rightGap(), 0, 0],
      hooks: { drawClear: [(u) => shadeFaults(u)] },
    },
    [at, above(maxMs), above(p99Ms), above(p95Ms), above(p50Ms)],
    170,
  )
  onPointer(chart, (ms, pointer) => {
    const index = stretchAt(ms)
    if (index === undefined || p50Ms[index] === null) return hideTip()
    const inWords = (/** @type {string} */ name, /** @type {(number | null)[]} */ column) =>
      `${name} ${formatMs(column[index] ?? 0)}`
    showTip(
      `around ${clock(at[index] ?? 0, 10)}`,
      [inWords('p50', p50Ms), inWords('p95', p95Ms), inWords('p99', p99Ms), inWords('max', maxMs)],
      pointer,
    )
  })
}

/** The stretch of time that a moment lies in. @param {number} ms */
function stretchAt(ms) {
  const { at, widthMs } = data.overTime
  const index = Math.round((ms - (at[0] ?? 0)) / widthMs)
  return at[index] === undefined ? undefined : index
}
