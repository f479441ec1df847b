import { cold } from './cold/section.ts'
import { hold } from './hold/section.ts'
import { layers } from './layers/section.ts'
import { lifetimes } from './lifetimes/section.ts'
import { neighbour } from './neighbour/section.ts'
import { reads } from './reads/section.ts'
import { scale } from './scale/section.ts'
import type { Section } from './section.ts'
import { strategies } from './strategies/section.ts'
import { throughput } from './throughput/section.ts'

/** All of the benchmark, in the order in which it is run and told. */
export const SECTIONS: readonly Section[] = [
  lifetimes,
  throughput,
  strategies,
  hold,
  neighbour,
  layers,
  cold,
  reads,
  scale,
]
