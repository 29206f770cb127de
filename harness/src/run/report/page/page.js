// Light or dark, copying, printing: on every page, also on those without charts.

const root = document.documentElement

function isDark() {
  return root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches
}

/** @param {'light' | 'dark'} theme */
function setTheme(theme) {
  root.dataset.theme = theme
  dispatchEvent(new Event('theme'))
}

document.getElementById('theme')?.addEventListener('click', () => {
  const theme = isDark() ? 'light' : 'dark'
  setTheme(theme)
  try {
    localStorage.setItem('breakwater-theme', theme)
  } catch {
    // A browser that keeps nothing for files asks again next time.
  }
})
try {
  const kept = localStorage.getItem('breakwater-theme')
  if (kept === 'light' || kept === 'dark') root.dataset.theme = kept
} catch {
  // As above.
}
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => dispatchEvent(new Event('theme')))

for (const button of document.querySelectorAll('[data-copy]')) {
  button.addEventListener('click', async () => {
    const text = button.getAttribute('data-copy') ?? ''
    const isCopied = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    )
    if (!isCopied) select(button.previousElementSibling)
    button.textContent = isCopied ? 'copied' : 'selected'
    setTimeout(() => {
      button.textContent = 'copy'
    }, 1_500)
  })
}

/**
 * Where nothing may be copied by a script, a person still can.
 * @param {Element | null} element
 */
function select(element) {
  if (element) getSelection()?.selectAllChildren(element)
}

// Paper is white, and nobody can open what is closed on it.
/** @type {HTMLDetailsElement[]} */
let opened = []
let themeBefore = root.dataset.theme
addEventListener('beforeprint', () => {
  opened = [...document.querySelectorAll('details')].filter((each) => !each.open && !each.classList.contains('mark'))
  for (const each of opened) each.open = true
  themeBefore = root.dataset.theme
  setTheme('light')
})
addEventListener('afterprint', () => {
  for (const each of opened) each.open = false
  if (themeBefore === undefined) delete root.dataset.theme
  else root.dataset.theme = themeBefore
  dispatchEvent(new Event('theme'))
})
