import { HarnessError } from '../../base/errors.ts'
import type { DiskImposition, KernelDisk } from '../kernelDisk.ts'
import type { ContainerLife } from './containerLife.ts'
import type { Toolbox } from './toolbox.ts'

const mostTries = 100

interface ReadOnlyFolder {
  host: string
  folder: string
  opensRefused: number
  /** The life in which it was mounted over; a life that began later has it read-only from its start. */
  covered: ContainerLife | undefined
}

export interface ContainerDiskParts {
  toolbox: Toolbox
  lifeOf: (host: string) => ContainerLife | undefined
}

/**
 * A folder becomes read-only by a second mount of it on top, in the node's own view of the files. The mount itself cannot be
 * made read-only: the kernel refuses that (EBUSY) while a file of it is open for writing, and a database always has one. Hence
 * what is open stays open and can be written; whatever is opened, made, renamed or removed by its path fails with EROFS.
 */
export class ContainerDisk implements KernelDisk {
  readonly #parts: ContainerDiskParts
  readonly #standing = new Set<ReadOnlyFolder>()

  constructor(parts: ContainerDiskParts) {
    this.#parts = parts
  }

  async makeReadOnly(host: string, folder: string): Promise<DiskImposition> {
    if (this.readOnlyFolders(host).has(folder)) {
      throw new HarnessError(
        'BAD_USAGE',
        `${folder} of the node at ${host} is read-only already; heal that fault first.`,
      )
    }
    const life = this.#parts.lifeOf(host)
    const standing: ReadOnlyFolder = { host, folder, opensRefused: 0, covered: life }
    if (life) {
      await this.#inFilesOf(life, cover, folder)
      try {
        await this.#tryToWrite(standing, life)
      } catch (error) {
        await this.#inFilesOf(life, undo(standing, life), standing.folder)
        throw error
      }
    }
    this.#standing.add(standing)
    let lifting: Promise<void> | undefined
    return {
      counts: () => ({ opensRefused: standing.opensRefused }),
      lift: () => {
        lifting ??= this.#lift(standing)
        return lifting
      },
    }
  }

  /** What the next life of the node may only read from its start on. */
  readOnlyFolders(host: string): ReadonlySet<string> {
    return new Set([...this.#standing].filter((each) => each.host === host).map(({ folder }) => folder))
  }

  async #lift(standing: ReadOnlyFolder): Promise<void> {
    this.#standing.delete(standing)
    const life = this.#parts.lifeOf(standing.host)
    if (!life) return
    await this.#tryToWrite(standing, life)
    await this.#inFilesOf(life, undo(standing, life), standing.folder)
  }

  /** The kernel's own answer, in the node's view; a fault that is not in force must not pass for one. */
  async #tryToWrite(standing: ReadOnlyFolder, life: ContainerLife): Promise<void> {
    const files = await this.#parts.toolbox.filesOf(life.initPid)
    const said = await files.run('(touch "$1" && rm "$1") 2>&1 || true', `${standing.folder}/.breakwater-writes`)
    if (!said.includes('Read-only file system')) {
      throw new HarnessError('FAULT_FAILED', `${standing.folder} of ${life.name} is not read-only: ${said.trim()}`)
    }
    standing.opensRefused++
  }

  async #inFilesOf(life: ContainerLife, command: string, folder: string): Promise<void> {
    const files = await this.#parts.toolbox.filesOf(life.initPid)
    await files.run(command, folder)
  }
}

/** A file that the node opens just then makes the new mount busy, too: it is laid aside, for that file alone, and the next one tried. */
const cover =
  `for at in $(seq ${mostTries}); do ` +
  'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" 2>/dev/null && exit 0; umount -l "$1" || exit 1; done; exit 1'

function undo({ folder, covered }: ReadOnlyFolder, life: ContainerLife): string {
  // Lazily: what was opened for reading meanwhile may stay open.
  if (life === covered) return 'umount -l "$1"'
  return `mount -o remount,${life.ramDisks.includes(folder) ? '' : 'bind,'}rw "$1"`
}
