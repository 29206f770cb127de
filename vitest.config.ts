import { defineConfig } from 'vitest/config'

/** Guards of full size take longer; the runner tells which it is before anything is read. */
const guardTimeout = process.env.BREAKWATER_SCALE === 'full' ? 900_000 : 120_000

const forks = { pool: 'forks' as const }

export default defineConfig({
  test: {
    ...forks,
    maxWorkers: 2,
    // CI counts from what the runner wrote itself. On GitHub failures stand beside their lines and on the page of the job.
    ...(process.env.CI
      ? {
          reporters: ['default', 'json', ...(process.env.GITHUB_ACTIONS ? ['github-actions'] : [])],
          outputFile: { json: '.breakwater/ci/tests.json' },
        }
      : undefined),
    tags: [{ name: 'gate', description: 'runs on every pull request' }],
    projects: [
      {
        test: {
          ...forks,
          name: 'unit',
          include: [
            'harness/src/**/*.test.ts',
            'fixtures/**/*.test.ts',
            'integrationTests/*.test.ts',
            'bench/*.test.ts',
            'deploy/*.test.ts',
          ],
          exclude: ['**/node_modules/**', '**/*.docker.test.ts'],
          testTimeout: 20_000,
        },
      },
      // These need a container engine and `npm run images`.
      {
        test: {
          ...forks,
          name: 'docker',
          include: ['harness/src/**/*.docker.test.ts', 'selfTests/*.docker.test.ts'],
          env: { BREAKWATER_RUNTIME: 'docker' },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...forks,
          name: 'self',
          include: ['selfTests/*.test.ts'],
          exclude: ['**/*.docker.test.ts', '**/*.browser.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      // These need a Chromium.
      {
        test: {
          ...forks,
          name: 'browser',
          include: ['selfTests/*.browser.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...forks,
          name: 'guards',
          include: [process.env.BREAKWATER_GUARDS ?? 'integrationTests/*/**/*.test.ts'],
          testTimeout: guardTimeout,
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
