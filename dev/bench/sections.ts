import { lifetimes } from './lifetimes/section.ts'
import type { Section } from './section.ts'

/** All of the benchmark, in the order in which it is run and told. */
export const SECTIONS: readonly Section[] = [lifetimes]
