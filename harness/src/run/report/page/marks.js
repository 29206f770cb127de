// Lines of a log: from a mark on a lane to the line with those around it.

const dialog = document.createElement('dialog')
dialog.setAttribute('aria-label', 'Lines of a log')
let openMark = 0

/** @param {number} id its place in the list on the page */
function openLines(id) {
  const mark = document.getElementById(`mark-${id}`)
  if (!mark) return
  openMark = id
  hideTip()
  const lines = mark.querySelector('.lines')?.cloneNode(true)
  const title = document.createElement('b')
  const word = (/** @type {string} */ css) => mark.querySelector(`summary .${css}`)?.textContent ?? ''
  title.textContent = `${word('node')}  ${word('name')}  at ${mark.querySelector('time')?.textContent ?? ''}`
  const top = document.createElement('div')
  top.className = 'top'
  top.append(title, step('←', 'The mark before', -1), step('→', 'The mark after', 1), closer())
  dialog.className = mark.className
  dialog.replaceChildren(top)
  if (lines) dialog.append(lines)
  if (!dialog.isConnected) document.body.append(dialog)
  if (!dialog.open) dialog.showModal()
  dialog.querySelector('.here')?.scrollIntoView({ block: 'center' })
}

/** @param {string} text @param {string} label @param {number} by */
function step(text, label, by) {
  const button = document.createElement('button')
  button.type = 'button'
  button.textContent = text
  button.setAttribute('aria-label', label)
  button.disabled = document.getElementById(`mark-${openMark + by}`) === null
  button.addEventListener('click', () => openLines(openMark + by))
  return button
}

function closer() {
  const button = document.createElement('button')
  button.type = 'button'
  button.textContent = 'close'
  button.autofocus = true
  button.addEventListener('click', () => dialog.close())
  return button
}

dialog.addEventListener('click', (event) => {
  if (event.target === dialog) dialog.close()
})
dialog.addEventListener('keydown', ({ key }) => {
  if (key === 'ArrowLeft') openLines(openMark - 1)
  if (key === 'ArrowRight') openLines(openMark + 1)
})

/**
 * The marks of a node on its lane. For the keyboard there is the list further down, so they are no stops of their own.
 * @param {uPlot} chart
 * @param {ChartData['nodes'][number]} node
 */
function drawMarks(chart, node) {
  const dots = node.marks.map((mark) => {
    const dot = document.createElement('button')
    dot.type = 'button'
    dot.tabIndex = -1
    dot.className = `dot ${mark.name === 'error' || mark.name === 'warning' ? `mark-${mark.name}` : 'mark-state'}`
    dot.setAttribute('aria-label', `${mark.name} at ${clock(mark.at, 10)}`)
    const tell = (/** @type {MouseEvent} */ event) =>
      showTip(`${mark.name} at ${clock(mark.at, 10)}`, [mark.text], { x: event.clientX, y: event.clientY })
    dot.addEventListener('mousemove', tell)
    dot.addEventListener('mouseleave', hideTip)
    // The chart must not take it for the begin of a drag.
    dot.addEventListener('mousedown', (event) => event.stopPropagation())
    dot.addEventListener('click', (event) => {
      event.stopPropagation()
      openLines(mark.id)
    })
    chart.over.append(dot)
    return { at: mark.at, dot }
  })
  const follow = () => {
    for (const { at, dot } of dots) {
      dot.hidden = at < shown.from || at > shown.to
      dot.style.left = `${chart.valToPos(at, 'x')}px`
    }
  }
  followers.push(follow)
  return follow
}
