// A lane per node: its lives, its memory and handles, when it led, the faults on it, the marks of its log.

/** @typedef {ChartData['nodes'][number]} ChartNode */

const laneHeight = 74

function drawLanes() {
  const place = document.getElementById('lanes')
  if (!place) return
  const highest = (/** @type {'memory' | 'handles'} */ of) =>
    data.nodes.reduce(
      (top, node) => node[of].values.reduce((most, value) => Math.max(most ?? 0, value ?? 0), top) ?? top,
      1,
    )
  const ceilings = { memory: highest('memory') * 1.3, handles: highest('handles') * 1.3 }
  for (const [at, node] of data.nodes.entries()) {
    const lane = document.createElement('div')
    lane.className = 'lane'
    lane.append(laneTitle(node))
    place.append(lane)
    drawLane(lane, node, ceilings, at === data.nodes.length - 1)
  }
}

/** @param {ChartNode} node */
function laneTitle(node) {
  const title = document.createElement('h3')
  title.textContent = node.name
  const lives = document.createElement('small')
  const crashes = node.lives.filter(({ crashed }) => crashed).length
  const starts = node.lives.length === 1 ? '1 start' : `${node.lives.length} starts`
  lives.textContent = crashes === 0 ? starts : `${starts}, ${crashes === 1 ? '1 crash' : `${crashes} crashes`}`
  title.append(lives)
  return title
}

/**
 * @param {HTMLElement} place
 * @param {ChartNode} node
 * @param {{ memory: number, handles: number }} ceilings one scale for all lanes
 * @param {boolean} isLast it bears the axis of time
 */
function drawLane(place, node, ceilings, isLast) {
  const columns = uPlot.join([
    [node.memory.at, node.memory.values],
    [node.handles.at, node.handles.values],
  ])
  const chart = makeChart(
    place,
    {
      series: [
        {},
        {
          scale: 'memory',
          stroke: () => colour('memory'),
          width: 1.5,
          fill: () => `${colour('memory')}2e`,
          points: { show: false },
        },
        { scale: 'handles', stroke: () => colour('handles'), width: 1.2, dash: [4, 3], points: { show: false } },
      ],
      scales: {
        memory: { range: () => [0, ceilings.memory] },
        handles: { range: () => [0, ceilings.handles] },
      },
      axes: [
        timeAxis(isLast),
        valueAxis({
          scale: 'memory',
          splits: () => [ceilings.memory / 1.3],
          values: (_u, at) => at.map(shortBytes),
          grid: { show: false },
        }),
        valueAxis({
          scale: 'handles',
          side: 1,
          size: rightGap(),
          splits: () => [Math.round(ceilings.handles / 1.3)],
          values: (_u, at) => at.map(String),
          grid: { show: false },
        }),
      ],
      hooks: {
        drawClear: [
          (u) => {
            drawLives(u, node)
            shadeFaults(u, node.name)
          },
        ],
        draw: [(u) => drawEnds(u, node)],
      },
    },
    columns.length === 3 ? columns : [[0], [null], [null]],
    laneHeight + (isLast ? 30 : 0),
  )
  drawMarks(chart, node)()
  onPointer(chart, (ms, at) => {
    const life = node.lives.find(({ from, to }) => ms >= from && ms <= to)
    const memory = valueAt(node.memory, ms)
    const handles = valueAt(node.handles, ms)
    showTip(
      `${life?.name ?? node.name} at ${clock(ms, 10)}`,
      [
        life ? (ms > life.to - data.spanMs / 200 ? life.end : undefined) : 'down',
        memory === undefined ? undefined : `memory ${formatBytes(memory)}`,
        handles === undefined ? undefined : `${handles} open files and sockets`,
        ...node.leads.filter(({ from, to }) => ms >= from && ms <= to).map(({ of }) => (of ? `leads ${of}` : 'leads')),
        ...data.faults
          .filter((fault) => concerns(fault, node.name) && ms >= fault.from && ms <= fault.to)
          .slice(0, 6)
          .map(faultInWords),
      ],
      at,
    )
  })
}

/** "88 MiB": an axis has no room for more. @param {number} bytes */
function shortBytes(bytes) {
  return formatBytes(bytes).replace(/\.\d+ /, ' ')
}

/** The last sample before, unless it is long ago or of another life. @param {ChartNode['memory']} curve @param {number} ms */
function valueAt(curve, ms) {
  let low = 0
  let high = curve.at.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((curve.at[middle] ?? 0) <= ms) low = middle + 1
    else high = middle
  }
  return curve.values[low - 1] ?? undefined
}

/** @param {uPlot} u @param {ChartNode} node */
function drawLives(u, node) {
  const { ctx, bbox } = u
  ctx.save()
  clip(u)
  ctx.fillStyle = colour('life')
  for (const { from, to } of node.lives) {
    const left = u.valToPos(from, 'x', true)
    ctx.fillRect(left, bbox.top, Math.max(u.valToPos(to, 'x', true) - left, 2), bbox.height)
  }
  ctx.restore()
}

/** What lies above the curves: where lives begin and end, and the bar of the leader. @param {uPlot} u @param {ChartNode} node */
function drawEnds(u, node) {
  const { ctx, bbox } = u
  const px = devicePixelRatio
  ctx.save()
  clip(u)
  ctx.fillStyle = colour('leads')
  for (const { from, to } of node.leads) {
    const left = u.valToPos(from, 'x', true)
    ctx.fillRect(left, bbox.top, Math.max(u.valToPos(to, 'x', true) - left, 2 * px), 4 * px)
  }
  for (const { from, to, crashed } of node.lives) {
    ctx.fillStyle = colour('memory')
    ctx.globalAlpha = 0.7
    ctx.fillRect(u.valToPos(from, 'x', true), bbox.top, px, bbox.height)
    if (to < data.spanMs) ctx.fillRect(u.valToPos(to, 'x', true), bbox.top, px, bbox.height)
    ctx.globalAlpha = 1
    if (crashed) drawCross(ctx, u.valToPos(to, 'x', true), bbox.top + bbox.height / 2, 5 * px, colour('bad'), 2.5 * px)
  }
  ctx.restore()
}

/** @param {uPlot} u */
function clip({ ctx, bbox }) {
  ctx.beginPath()
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height)
  ctx.clip()
}

/**
 * @param {CanvasRenderingContext2D} ctx @param {number} x @param {number} y
 * @param {number} arm @param {string} stroke @param {number} width
 */
function drawCross(ctx, x, y, arm, stroke, width) {
  ctx.strokeStyle = stroke
  ctx.lineWidth = width
  ctx.beginPath()
  ctx.moveTo(x - arm, y - arm)
  ctx.lineTo(x + arm, y + arm)
  ctx.moveTo(x + arm, y - arm)
  ctx.lineTo(x - arm, y + arm)
  ctx.stroke()
}
