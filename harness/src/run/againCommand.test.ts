import { expect, test, vi } from 'vitest'
import { againCommand, replayCommand, resumeCommand } from './againCommand.ts'

test('what a run folder of others says does nothing when the command is pasted', () => {
  expect(againCommand({ id: '$(touch /tmp/x)', seed: 71 })).toBe("npm run suite -- '$(touch /tmp/x)' --seed 71")
  expect(againCommand({ id: 'it`s; id', runtime: '"$HOME"' })).toBe(`npm run suite -- 'it\`s; id' --runtime '"$HOME"'`)
  expect(againCommand({ plan: '/runs/a b/$(id)' })).toBe("npm run replay -- '/runs/a b/$(id)'")
})

test('a system that was named by a path is named again', () => {
  expect(replayCommand('.breakwater/runs/x/run-1', 'peer')).toBe('npx breakwater replay .breakwater/runs/x/run-1')
  expect(replayCommand('runs/x', './my system/e.ts')).toBe('npx breakwater replay runs/x --system "./my system/e.ts"')
  expect(resumeCommand('runs/x', 'own/e.ts')).toBe('npx breakwater soak --resume runs/x --system own/e.ts')
})

test('the known-bad build, builds and settings of a run come back with it', () => {
  vi.stubEnv('BREAKWATER_PEER_COMMAND', 'node /my peer/main.js')
  vi.stubEnv('BREAKWATER_WORKERS', 'own.parquet')
  const code = {
    knownBad: 'delete-resurrected',
    builds: { BREAKWATER_PEER_COMMAND: 'node /my peer/main.js' },
    settings: { BREAKWATER_WORKERS: 'own.parquet' },
  }
  expect(againCommand({ id: 'PEER-7', seed: 71, code })).toBe(
    'BREAKWATER_KNOWN_BAD=delete-resurrected BREAKWATER_PEER_COMMAND="node /my peer/main.js" BREAKWATER_WORKERS=own.parquet npm run suite -- PEER-7 --seed 71',
  )
  expect(replayCommand('runs/x', 'peer')).toMatch(/^BREAKWATER_PEER_COMMAND=.* npx breakwater replay runs\/x$/)
  vi.unstubAllEnvs()
})

test('a command that only a run folder of others names is in no command to paste', () => {
  const code = { knownBad: 'a-build', builds: { BREAKWATER_PEER_COMMAND: 'rm -rf /' } }
  expect(againCommand({ id: 'PEER-7', code })).toBe('BREAKWATER_KNOWN_BAD=a-build npm run suite -- PEER-7')
})
