import { hold } from './hold/section.ts'
import { lifetimes } from './lifetimes/section.ts'
import { reads } from './reads/section.ts'
import type { Section } from './section.ts'
import { throughput } from './throughput/section.ts'

/** All of the benchmark, in the order in which it is run and told. */
export const SECTIONS: readonly Section[] = [lifetimes, throughput, hold, reads]
