import { readdirSync, readFileSync } from 'node:fs'

/** Nodes that a runner of this label has started and that still run. */
export function nodesOf(label: string): number {
  return readdirSync('/proc').filter((name) => {
    try {
      const environment = /^\d+$/.test(name) ? readFileSync(`/proc/${name}/environ`, 'utf8').split('\0') : []
      return environment.includes(`SELF_TEST=${label}`) && environment.some((entry) => entry.startsWith('ECHO_PORT='))
    } catch (error) {
      if (['ENOENT', 'ESRCH', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return false
      throw error
    }
  }).length
}
