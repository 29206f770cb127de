import { expect, test } from 'vitest'
import { element, jsonInScript } from './markup.ts'

test('text is escaped wherever it stands, and never read as markup', () => {
  const hostile = '<img src=x onerror="boom()"> & </script>'
  const { html } = element('a', { href: hostile, title: `" onclick='x` }, hostile, element('b', {}, hostile))
  expect(html).not.toContain('<img')
  expect(html).not.toContain('</script')
  expect(html.match(/&lt;img src=x onerror=&quot;boom\(\)&quot;&gt; &amp;/g)).toHaveLength(3)
})

test('colours of a terminal and control characters are left out, line feeds stay', () => {
  expect(element('pre', {}, '\u001b[31mred\u001b[0m\u0000\r\nnext\tcell').html).toBe('<pre>red  \nnext\tcell</pre>')
})

test('data in a script element cannot end it, and reads back as it was', () => {
  const data = { text: '</script><script>boom()</script><!-- \u2028\u2029' }
  const written = jsonInScript(data)
  expect(written).not.toMatch(/[<\u2028\u2029]/)
  expect(JSON.parse(written)).toEqual(data)
})

test('attributes that are false or undefined are left out', () => {
  expect(element('input', { disabled: true, hidden: false, id: undefined, size: 3 }).html).toBe(
    '<input disabled size="3"></input>',
  )
})
