// The strip of faults above the lanes: a row for each name, in it a button for each time, with what it did on hover, tap and focus.

const rowPx = 30
const mostRows = 8
const leastBarPx = 4

/** All faults of one name. @typedef {{ name: string, faults: ChartFault[], row: number, label: HTMLElement, bars: HTMLElement[] }} FaultRow */

function drawFaults() {
  const place = document.getElementById('faults')
  if (!place) return
  const rows = pack([...Map.groupBy(data.faults, ({ name }) => name).entries()], place.clientWidth)
  const drawn = rows.filter(({ row }) => row < mostRows)
  const left = rows.length - drawn.length
  const deepest = drawn.reduce((most, { row }) => Math.max(most, row + 1), 0)
  place.style.height = `${deepest * rowPx + (left > 0 ? 18 : 0)}px`
  place.replaceChildren(...drawn.flatMap(({ label, bars }) => [label, ...bars]))
  if (left > 0) {
    const more = document.createElement('small')
    more.className = 'moreFaults'
    more.textContent = `and ${left} more names, shaded in the lanes and listed below`
    place.append(more)
  }
  const follow = () => {
    for (const row of drawn) placeRow(row, place.clientWidth)
  }
  followers.push(follow)
  follow()
}

/**
 * Names share a row only where they do not meet.
 * @param {[string, ChartFault[]][]} named
 * @param {number} widthPx
 * @returns {FaultRow[]}
 */
function pack(named, widthPx) {
  /** @type {number[]} */
  const ends = []
  const px = (/** @type {number} */ ms) => (ms / data.spanMs) * widthPx
  return named.map(([name, faults]) => {
    const count = faults.reduce((sum, fault) => sum + fault.count, 0)
    const text = count > 1 ? `${name} ×${count}` : name
    // An estimate of how wide the words come out; at the end they are moved back into the strip.
    const wordsPx = text.length * 6.7
    const from = Math.max(0, Math.min(px(faults[0]?.from ?? 0), widthPx - wordsPx))
    const to = Math.max(from + wordsPx, ...faults.map((fault) => px(fault.to)))
    const free = ends.findIndex((end) => end + 12 <= from)
    const row = free === -1 ? ends.length : free
    ends[row] = to
    const label = document.createElement('span')
    label.className = 'faultName'
    label.textContent = text
    label.style.setProperty('--colour', `var(--fault-${faults[0]?.colour})`)
    const bars = faults.map(faultBar)
    for (const [at, bar] of bars.entries()) {
      // One stop a row for the tabulator; the arrows go along it.
      bar.tabIndex = at === 0 ? 0 : -1
      bar.addEventListener('keydown', ({ key }) => {
        if (key === 'ArrowRight') bars[at + 1]?.focus()
        if (key === 'ArrowLeft') bars[at - 1]?.focus()
      })
    }
    return { name, faults, row, label, bars }
  })
}

/** @param {FaultRow} row @param {number} widthPx */
function placeRow({ faults, row, label, bars }, widthPx) {
  const px = (/** @type {number} */ ms) => ((ms - shown.from) / (shown.to - shown.from)) * widthPx
  let firstPx = Number.POSITIVE_INFINITY
  for (const [at, fault] of faults.entries()) {
    const bar = bars[at]
    if (!bar) continue
    bar.hidden = fault.to < shown.from || fault.from > shown.to
    const from = Math.max(0, Math.min(px(fault.from), widthPx - leastBarPx))
    const to = Math.min(widthPx, Math.max(px(fault.to), from + leastBarPx))
    bar.style.left = `${from}px`
    bar.style.width = `${to - from}px`
    bar.style.top = `${row * rowPx + 12}px`
    if (!bar.hidden) firstPx = Math.min(firstPx, from)
  }
  label.hidden = !Number.isFinite(firstPx)
  label.style.top = `${row * rowPx}px`
  if (!label.hidden) label.style.left = `${Math.max(0, Math.min(firstPx, widthPx - label.offsetWidth))}px`
}

/** @param {ChartFault} fault */
function faultBar(fault) {
  const bar = document.createElement('button')
  bar.type = 'button'
  bar.className = 'fault'
  bar.style.setProperty('--colour', `var(--fault-${fault.colour})`)
  const title = fault.count > 1 ? `${fault.name} ×${fault.count}` : fault.name
  const lines = [
    `on ${fault.nodes.join(', ') || 'all nodes'}`,
    `from ${clock(fault.from, 10)} to ${clock(fault.to, 10)}, ${formatMs(fault.to - fault.from)}`,
    fault.did || 'no effect was counted',
    fault.healed ? undefined : 'never healed',
  ]
  bar.setAttribute('aria-label', [title, ...lines].filter(Boolean).join(', '))
  bar.addEventListener('mousemove', (event) => showTip(title, lines, { x: event.clientX, y: event.clientY }))
  bar.addEventListener('mouseleave', hideTip)
  bar.addEventListener('focus', () => {
    const { left, bottom } = bar.getBoundingClientRect()
    showTip(title, lines, { x: left, y: bottom })
  })
  bar.addEventListener('blur', hideTip)
  return bar
}
