import { guardIdOf } from '../run/guardId.ts'
import type { GuardRun } from '../run/guardRun.ts'
import { tellClosed } from '../run/progress.ts'

/** Guards of this process whose bodies have not ended. */
const underWay = new Map<string, GuardRun | undefined>()

interface Task {
  id: string
  name: string
}

/**
 * While this guard is under way, an interrupted run ends what it started and has it write down what it saw: its body, which may wait for
 * minutes, is not waited for. A time-out aborts the signal too, and is none of this.
 */
export function watchForInterruption(task: Task, signal: AbortSignal): { end: () => void } {
  underWay.set(task.id, undefined)
  const interrupted = () => {
    if ((signal.reason as Error | undefined)?.name !== 'TestRunAbortError') return
    const told = () => tellClosed(guardIdOf(task.name))
    // Trouble in closing is in what it returns; what it throws must not keep the runner waiting.
    void Promise.resolve(underWay.get(task.id)?.close()).then(told, told)
  }
  signal.addEventListener('abort', interrupted)
  return {
    end() {
      signal.removeEventListener('abort', interrupted)
      underWay.delete(task.id)
    },
  }
}

/** What the interruption is to end. */
export function nowRuns(task: Task, run: GuardRun): void {
  underWay.set(task.id, run)
}

/**
 * A terminal sends its signals to every process of the group, this one among them; whether guards are ended is for the runner to say. It
 * ends this process itself by SIGTERM, after the last guard, and by SIGKILL where that does not help.
 */
export function leaveSignalsToRunner(): void {
  process.on('SIGINT', () => {})
  process.on('SIGHUP', () => {})
  process.on('SIGTERM', () => {
    if (underWay.size === 0) process.exit(143)
  })
}
