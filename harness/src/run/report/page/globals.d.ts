/** What stands in the page before these scripts: the plotting library, and the units of the harness without their types. */

import type Plot from 'uplot'
import type * as units from '../../../base/units.ts'
import type { clock as clockOf } from '../clock.ts'

declare global {
  const uPlot: typeof Plot
  type uPlot = Plot
  namespace uPlot {
    export type Options = Plot.Options
    export type Axis = Plot.Axis
    export type AlignedData = Plot.AlignedData
  }
  const clock: typeof clockOf
  const formatBytes: typeof units.formatBytes
  const formatCount: typeof units.formatCount
  const formatMs: typeof units.formatMs
}
