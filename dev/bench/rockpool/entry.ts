/** Rockpool with the routes that only a benchmark asks for, from the project's root. */
export const BENCH_WORKER = 'dev/bench/rockpool/worker.ts'
