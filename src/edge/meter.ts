import type { Env } from '../env.ts'
import type { Meter } from '../meter/meter.ts'

/** The one Meter of this deployment. */
export function meterOf({ METER }: Env): DurableObjectStub<Meter> {
  return METER.getByName('deployment')
}
