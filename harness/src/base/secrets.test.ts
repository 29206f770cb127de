import { expect, test } from 'vitest'
import { isSecretName, redact, redactCommand, secretsOf } from './secrets.ts'

test.each([
  'AWS_SECRET_ACCESS_KEY',
  'GITHUB_TOKEN',
  'NPM_TOKEN_2',
  'PGPASSWORD',
  'DB_PASS',
  'API_KEY',
  'BASIC_AUTH',
  'SENTRY_DSN',
  'PEER_PASSWORD',
])('%s looks secret', (name) => {
  expect(isSecretName(name)).toBe(true)
})

test.each([
  'PWD',
  'OLDPWD',
  'SSH_AUTH_SOCK',
  'XDG_SESSION_ID',
  'KEYBOARD',
  'PATH',
  'TOKEN_COUNT',
  'AWS_ACCESS_KEY_ID',
  'PEER_PORT',
])('%s does not', (name) => {
  expect(isSecretName(name)).toBe(false)
})

test('secrets go from any text, however they are spelt', () => {
  const secrets = secretsOf({
    API_TOKEN: 'p"ss/w0rd&more',
    DATABASE_URL: 'postgres://me:hunter2hunter2@db/x',
    BREAKWATER_PEER_COMMAND: 'peerd --api-key abcdef123456 --port 80',
    SHORT_TOKEN: 'peer',
    NUMBER_KEY: '1234567890',
    PEER_PORT: 'not-secret-at-all',
  })
  const text = [
    'raw p"ss/w0rd&more',
    JSON.stringify({ at: 'p"ss/w0rd&more' }),
    `http://x/?t=${encodeURIComponent('p"ss/w0rd&more')}`,
    'hunter2hunter2, abcdef123456',
    'peer 1234567890 not-secret-at-all',
  ].join('\n')
  expect(redact(text, secrets)).toBe(
    [
      'raw [redacted]',
      '{"at":"[redacted]"}',
      'http://x/?t=[redacted]',
      '[redacted], [redacted]',
      'peer 1234567890 not-secret-at-all',
    ].join('\n'),
  )
})

test('a command keeps its shape and loses its secrets', () => {
  expect(redactCommand('env DB_PASSWORD=s3 peerd --token=abc --secret "a b" --port 80', [])).toBe(
    'env DB_PASSWORD=[redacted] peerd --token=[redacted] --secret [redacted] --port 80',
  )
  expect(redactCommand('peerd --store https://me:pw@store/b', [])).toBe('peerd --store https://me:[redacted]@store/b')
})
