// The strip of faults above the lanes: one button each, with what it did on hover, tap and focus.

const rowPx = 30
const mostRows = 7

function drawFaults() {
  const place = document.getElementById('faults')
  if (!place) return
  /** Where each row ends, px. @type {number[]} */
  const ends = []
  const strip = place.clientWidth
  let left = 0
  let lastName = ''
  const buttons = data.faults.flatMap((fault) => {
    const text = `${fault.name}${fault.count > 1 ? ` ×${fault.count}` : ''}`
    const from = (fault.from / data.spanMs) * strip
    // An estimate of how wide the words come out.
    const room = Math.max(((fault.to - fault.from) / data.spanMs) * strip, text.length * 6.6)
    const free = ends.findIndex((end) => end + 10 <= from)
    const row = free === -1 ? ends.length : free
    if (row >= mostRows) {
      left++
      return []
    }
    ends[row] = from + room
    lastName = fault.name
    return [{ fault, row, button: faultButton(fault, text) }]
  })
  place.style.height = `${Math.max(ends.length, 1) * rowPx + (left > 0 ? 18 : 0)}px`
  place.replaceChildren(...buttons.map(({ button }) => button))
  if (left > 0 && lastName) {
    const more = document.createElement('small')
    more.textContent = `and ${left} more, shaded in the lanes and listed below`
    more.style.cssText = 'position:absolute;bottom:0;left:0'
    place.append(more)
  }
  const follow = (/** @type {number} */ from, /** @type {number} */ to) => {
    const width = place.clientWidth
    const x = (/** @type {number} */ ms) => ((ms - from) / (to - from)) * width
    for (const { fault, row, button } of buttons) {
      button.hidden = fault.to < from || fault.from > to
      const begin = Math.max(x(fault.from), 0)
      const end = Math.min(Math.max(x(fault.to), begin + 4), Math.max(width, begin + 4))
      button.style.left = `${Math.min(begin, width - 4)}px`
      button.style.width = `${end - begin}px`
      button.style.top = `${row * rowPx}px`
      // Words that would run out of the strip are moved back into it.
      const words = /** @type {HTMLElement} */ (button.firstElementChild)
      const over = begin + words.offsetWidth - width
      words.style.left = `${over > 0 ? -Math.min(over, begin) : 0}px`
    }
  }
  followers.push(follow)
  follow(shown.from, shown.to)
}

/** @param {ChartFault} fault @param {string} text */
function faultButton(fault, text) {
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'fault'
  button.style.setProperty('--colour', `var(--fault-${fault.colour})`)
  const words = document.createElement('span')
  words.textContent = text
  button.append(words)
  const lines = [
    `on ${fault.nodes.join(', ') || 'all nodes'}`,
    `from ${clock(fault.from, 10)} to ${clock(fault.to, 10)}, ${formatMs(fault.to - fault.from)}`,
    fault.did || 'no effect was counted',
    fault.healed ? undefined : 'never healed',
  ]
  button.setAttribute('aria-label', [text, ...lines].filter(Boolean).join(', '))
  button.addEventListener('mousemove', (event) => showTip(text, lines, { x: event.clientX, y: event.clientY }))
  button.addEventListener('mouseleave', hideTip)
  button.addEventListener('focus', () => {
    const { left, bottom } = button.getBoundingClientRect()
    showTip(text, lines, { x: left, y: bottom })
  })
  button.addEventListener('blur', hideTip)
  return button
}
