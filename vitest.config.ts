import { defineConfig } from 'vitest/config'

const forks = { pool: 'forks' as const }

export default defineConfig({
  test: {
    ...forks,
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...forks,
          name: 'unit',
          include: ['harness/src/**/*.test.ts', 'fixtures/**/*.test.ts', 'integrationTests/*.test.ts'],
          testTimeout: 20_000,
        },
      },
      { test: { ...forks, name: 'self', include: ['selfTests/*.test.ts'], testTimeout: 120_000, hookTimeout: 60_000 } },
      {
        test: {
          ...forks,
          name: 'guards',
          include: ['integrationTests/*/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
