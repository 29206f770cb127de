// What all charts share: the time that is shown, colours, axes, the shades of faults.

/** @typedef {import('../chartTypes.ts').ChartData} ChartData */
/** @typedef {import('../chartTypes.ts').ChartFault} ChartFault */

/** @type {ChartData} */
const data = JSON.parse(document.getElementById('data')?.textContent ?? '{}')

/** @type {uPlot[]} */
const charts = []
/** Told whenever another time is shown. @type {((from: number, to: number) => void)[]} */
const followers = []
const shown = { from: 0, to: data.spanMs }
const isNarrow = () => innerWidth <= 640

/** @param {string} name */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()

/** Shows another stretch of time on every chart. @param {number} from @param {number} to ms since the start */
function show(from, to) {
  const span = Math.min(Math.max(to - from, data.spanMs / 5_000, 1), data.spanMs)
  shown.from = Math.min(Math.max(0, from), data.spanMs - span)
  shown.to = shown.from + span
  for (const chart of charts) chart.setScale('x', { min: shown.from, max: shown.to })
  for (const follow of followers) follow(shown.from, shown.to)
}

const stepsMs = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 10e3, 15e3, 30e3, 60e3, 120e3, 300e3, 600e3, 1_800e3],
  ...[3_600e3, 7_200e3, 14_400e3, 28_800e3, 86_400e3, 172_800e3],
]

/** The axis of time; without labels it only draws its lines. @param {boolean} isLabelled */
function timeAxis(isLabelled) {
  return {
    incrs: stepsMs,
    space: 70,
    size: isLabelled ? 30 : 0,
    font: '11px system-ui, sans-serif',
    stroke: () => colour('quiet'),
    grid: { stroke: () => colour('line'), width: 1 },
    ticks: { show: isLabelled, stroke: () => colour('line'), size: 5 },
    values: (/** @type {uPlot} */ _u, /** @type {number[]} */ at) => {
      const step = (at[1] ?? 0) - (at[0] ?? 0)
      return at.map((ms) => (isLabelled ? clock(ms, step) : ''))
    },
  }
}

/** @param {Partial<uPlot.Axis>} more */
function valueAxis(more) {
  return {
    size: isNarrow() ? 54 : 58,
    gap: 4,
    font: '11px system-ui, sans-serif',
    stroke: () => colour('quiet'),
    grid: { stroke: () => colour('line'), width: 1 },
    ticks: { show: false },
    ...more,
  }
}

/** Keeps the right edge of all charts in one line. */
const rightGap = () => (isNarrow() ? 34 : 44)

/** Shades the time of each fault. @param {uPlot} u @param {string} [node] only those that concern it */
function shadeFaults(u, node) {
  const { ctx, bbox } = u
  ctx.save()
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
  for (const fault of data.faults) {
    if (node !== undefined && !concerns(fault, node)) continue
    if (fault.to < shown.from || fault.from > shown.to) continue
    const left = u.valToPos(fault.from, 'x', true)
    const width = Math.max(u.valToPos(fault.to, 'x', true) - left, 2 * devicePixelRatio)
    ctx.fillStyle = colour(`fault-${fault.colour}`)
    ctx.globalAlpha = node === undefined ? 0.1 : 0.2
    ctx.fillRect(left, bbox.top, width, bbox.height)
  }
  ctx.restore()
}

/** @param {ChartFault} fault @param {string} node */
function concerns(fault, node) {
  return fault.nodes.length === 0 || fault.nodes.includes(node)
}

/** "pause n2 ×3, paused 1 200 ms". @param {ChartFault} fault */
function faultInWords(fault) {
  const times = fault.count > 1 ? ` ×${fault.count}` : ''
  return [`${fault.name}${times}`, fault.did, fault.healed ? '' : 'never healed'].filter(Boolean).join(', ')
}

/**
 * A chart in its place, as wide as that, tied to the others: they share the time that is shown and the cursor.
 * @param {HTMLElement} place
 * @param {Omit<uPlot.Options, 'width' | 'height'>} options
 * @param {uPlot.AlignedData} columns
 * @param {number} height
 */
function makeChart(place, options, columns, height) {
  const chart = new uPlot(
    {
      legend: { show: false },
      padding: [6, 0, 0, 0],
      ...options,
      width: Math.max(place.clientWidth, 200),
      height,
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false },
        sync: { key: 'run', scales: ['x', null] },
        bind: {
          // The whole time on double click, and not what this chart alone has data for.
          dblclick: () => () => {
            show(0, data.spanMs)
            return null
          },
        },
        ...options.cursor,
      },
      scales: { x: { time: false, range: () => [shown.from, shown.to] }, ...options.scales },
      hooks: {
        ...options.hooks,
        setSelect: [
          (u) => {
            if (u.select.width < 4) return
            const [from, to] = [u.posToVal(u.select.left, 'x'), u.posToVal(u.select.left + u.select.width, 'x')]
            u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
            show(from, to)
          },
        ],
      },
    },
    columns,
    place,
  )
  charts.push(chart)
  return chart
}

/**
 * Calls with the time under the pointer and where the pointer is; hides what was shown when it leaves. A tap counts.
 * @param {uPlot} chart
 * @param {(ms: number, at: { x: number, y: number }, within: { x: number, y: number }) => void} tell
 */
function onPointer(chart, tell) {
  const heard = (/** @type {MouseEvent} */ event) => {
    if (event.target !== chart.over && event.target instanceof HTMLElement && event.target.matches('.dot')) return
    const { left, top } = chart.over.getBoundingClientRect()
    const within = { x: event.clientX - left, y: event.clientY - top }
    tell(chart.posToVal(within.x, 'x'), { x: event.clientX, y: event.clientY }, within)
  }
  chart.over.addEventListener('mousemove', heard)
  chart.over.addEventListener('click', heard)
  chart.over.addEventListener('mouseleave', hideTip)
}
