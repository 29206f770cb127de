// The one box that follows the pointer. Its words are set as text, so none of them is obeyed.

/**
 * @param {string} title
 * @param {(string | undefined)[]} lines
 * @param {{ x: number, y: number }} at in the window
 */
function showTip(title, lines, at) {
  const tip = document.getElementById('tip')
  if (!tip) return
  const head = document.createElement('b')
  head.textContent = title
  const rest = lines
    .filter((line) => line)
    .map((line) => {
      const p = document.createElement('p')
      p.textContent = line ?? ''
      return p
    })
  tip.replaceChildren(head, ...rest)
  tip.hidden = false
  const { width, height } = tip.getBoundingClientRect()
  const x = Math.min(Math.max(8, at.x + 14), innerWidth - width - 8)
  const below = at.y + 18
  tip.style.left = `${x}px`
  tip.style.top = `${below + height > innerHeight - 8 ? Math.max(8, at.y - height - 14) : below}px`
}

function hideTip() {
  const tip = document.getElementById('tip')
  if (tip) tip.hidden = true
}

addEventListener('keydown', ({ key }) => {
  if (key === 'Escape') hideTip()
})
addEventListener('scroll', hideTip, { passive: true })
