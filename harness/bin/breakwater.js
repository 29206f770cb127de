#!/usr/bin/env node
// The TypeScript runs as it stands, which needs Node 24; on an older Node the project's own one takes over.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const main = new URL('../src/cli/main.ts', import.meta.url)

if (Number(process.versions.node.split('.')[0]) >= 24) {
  await import(main.href)
} else {
  const folder = dirname(createRequire(import.meta.url).resolve('node/package.json'))
  const child = spawn(join(folder, 'bin', 'node'), [fileURLToPath(main), ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    // As a shell tells it.
    process.exitCode = signal ? 128 + constants.signals[signal] : (code ?? 1)
  })
}
