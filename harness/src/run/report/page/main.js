// Draws everything, and again when the window or the theme changes.

drawLanes()
drawLatency()
drawThroughput()
drawQuantiles()
drawFaults()

/** @type {Record<string, () => void>} */
const zooms = {
  in: () => zoom(0.5),
  out: () => zoom(2),
  earlier: () => show(shown.from - (shown.to - shown.from) / 2, shown.to - (shown.to - shown.from) / 2),
  later: () => show(shown.from + (shown.to - shown.from) / 2, shown.to + (shown.to - shown.from) / 2),
  all: () => show(0, data.spanMs),
}

/** @param {number} by about the middle of what is shown */
function zoom(by) {
  const middle = (shown.from + shown.to) / 2
  const half = ((shown.to - shown.from) / 2) * by
  show(middle - half, middle + half)
}

for (const button of document.querySelectorAll('[data-zoom]')) {
  button.addEventListener('click', () => zooms[button.getAttribute('data-zoom') ?? 'all']?.())
}

let resizing = 0
new ResizeObserver(() => {
  cancelAnimationFrame(resizing)
  resizing = requestAnimationFrame(() => {
    for (const chart of charts) {
      const width = chart.root.parentElement?.clientWidth ?? chart.width
      if (width > 0 && width !== chart.width) chart.setSize({ width, height: chart.height })
    }
    show(shown.from, shown.to)
  })
}).observe(document.body)

addEventListener('theme', () => {
  for (const chart of charts) chart.redraw(true, true)
})
