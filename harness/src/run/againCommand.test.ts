import { expect, test } from 'vitest'
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
