/** One measured figure against its goal. */
export interface BenchRow {
  name: string
  /** Not a number where the bench was skipped. */
  value: number
  unit: string
  /** The bound in words, with its unit: "at least 1.5 times a pipe". */
  goal: string
  /** Absent for a figure that is shown beside another and has no bound of its own. */
  met?: boolean
  /** Why there is no figure: what this machine lacks, a sentence. */
  skipped?: string
  /** What the figure was compared with, measured in the same run and in the same unit. */
  reference?: { name: string; value: number }
  /** value / reference.value, where the goal is a ratio. */
  ratio?: number
}
