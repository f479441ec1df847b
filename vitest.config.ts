import { builtinModules } from 'node:module'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

/** What wrangler.toml has the MongoDB driver import in the place of its sockets. */
const sockets = {
  net: resolve('src/engines/mongo-net.ts'),
  tls: resolve('src/engines/mongo-tls.ts'),
}

/**
 * The MongoDB driver is CommonJS and asks for packages that are not there; inside workerd it has to be bundled first,
 * with its sockets, and with Node's own modules and the optional packages left out.
 */
const mongodb = {
  ssr: {
    enabled: true,
    include: ['mongodb'],
    rolldownOptions: {
      platform: 'node' as const,
      external: [
        ...builtinModules.filter((name) => !(name in sockets)),
        /^node:/,
        'kerberos',
        '@mongodb-js/zstd',
        'snappy',
        'socks',
        'aws4',
        'gcp-metadata',
        '@aws-sdk/credential-providers',
        'mongodb-client-encryption',
      ],
    },
  },
}

/** What is waited for comes soon, or on a busy machine later; only what never comes takes as long as this. */
const patient = { poll: { timeout: 10_000 } }

/** By itself vitest leaves one core to others, and on a machine with two runs one file after the other: most of them wait. */
const LEAST_WORKERS = Math.max(2, availableParallelism() - 1)

export default defineConfig({
  test: {
    // The Worker's own log lines would bury the results.
    onConsoleLog: (line) => !/"event":"/.test(line),
    projects: [
      {
        // Generated histories are long, and machines busy: an end for what hangs, not a measure of speed.
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 30_000,
          maxWorkers: LEAST_WORKERS,
        },
      },
      {
        test: {
          name: 'local',
          include: ['test/local/**/*.test.ts'],
          expect: patient,
          testTimeout: 30_000,
          hookTimeout: 60_000,
          maxWorkers: LEAST_WORKERS,
        },
      },
      {
        resolve: { alias: sockets },
        plugins: [
          cloudflareTest(({ inject }) => ({
            main: './test/worker/worker.ts',
            wrangler: { configPath: './wrangler.toml', environment: 'test' },
            miniflare: { bindings: inject('variables') },
          })),
        ],
        test: {
          name: 'worker',
          include: ['test/worker/**/*.test.ts'],
          expect: patient,
          globalSetup: ['test/support/stack-setup.ts'],
          deps: { optimizer: mongodb },
          testTimeout: 30_000,
          hookTimeout: 60_000,
          // One database server for all of them: tests that pull its plugs cannot run beside others.
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          expect: patient,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: LEAST_WORKERS,
        },
      },
      {
        // Heavy loads on the bundled Worker. `npm run test:load` runs them; `npm test`, which everybody runs, does not.
        test: {
          name: 'load',
          include: ['test/load/**/*.test.ts'],
          expect: patient,
          testTimeout: 300_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
