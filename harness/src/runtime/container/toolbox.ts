import type Dockerode from 'dockerode'
import { HarnessError } from '../../base/errors.ts'
import { shellQuote } from '../../base/shellQuote.ts'
import { removeContainer } from './containerLife.ts'
import { requireImage } from './image.ts'
import { labelsOfThisRun } from './labels.ts'
import type { Shell } from './shell.ts'
import { SidecarShell } from './sidecarShell.ts'

/** Made by `npm run images`; its number rises when its contents change. */
export function firewallImage(env = process.env): string {
  return env.BREAKWATER_FIREWALL_IMAGE ?? 'breakwater/firewall:2'
}

/** A network namespace that can be told what to do; it stays while it is entered, also when its node has ended. */
export interface EnteredNetwork extends Shell {
  leave(): Promise<void>
}

/**
 * One container for all nodes of a runtime, which sees the processes of every other: its shell steps into the namespaces of a node
 * for a command, in 2 ms, where a container beside each node would have to be started first, in 200. It starts in the background.
 */
export class Toolbox {
  readonly #engine: Dockerode
  #shell: Promise<SidecarShell> | undefined
  #entered = 0

  constructor(engine: Dockerode) {
    this.#engine = engine
  }

  /** Starts it without waiting. What went wrong is told to whoever needs it first. */
  warm(): void {
    this.#open().catch(() => {})
  }

  /**
   * False where the engine gives no container a view of all processes (user namespaces, a policy). Throws what else went wrong, as
   * IMAGE_MISSING.
   */
  async isGranted(): Promise<boolean> {
    try {
      await this.#open()
      return true
    } catch (error) {
      if (error instanceof HarnessError) throw error
      return false
    }
  }

  /** Of the node whose init this is. Throws FAULT_FAILED when it has ended. */
  async enterNetwork(initPid: number): Promise<EnteredNetwork> {
    const shell = await this.#open()
    // A name for the namespace: the number of a process that ended may come to mean another one.
    const name = `/tmp/network-${++this.#entered}`
    await shell.run(`touch ${name} && mount --bind /proc/${initPid}/ns/net ${name}`)
    return {
      ...within(shell, `nsenter --net=${name}`),
      leave: async () => {
        // Its own namespace of mounts goes with the toolbox.
        if (this.#shell) await shell.run(`umount ${name} && rm ${name}`)
      },
    }
  }

  /** Sees the files that the node sees, and runs programs of this container all the same. */
  async filesOf(initPid: number): Promise<Shell> {
    const shell = await this.#open()
    // Busybox finds its own programs again where the node's image has none: by /proc/self/exe.
    return within(shell, `busybox nsenter -t ${initPid} -m -p`)
  }

  async close(): Promise<void> {
    const shell = await this.#shell?.catch(() => undefined)
    this.#shell = undefined
    if (shell) await removeContainer(shell.container)
  }

  #open(): Promise<SidecarShell> {
    if (!this.#shell) {
      this.#shell = this.#start()
      this.#shell.catch(() => {
        this.#shell = undefined
      })
    }
    return this.#shell
  }

  async #start(): Promise<SidecarShell> {
    const image = firewallImage()
    await requireImage(this.#engine, image)
    const shell = await SidecarShell.start(this.#engine, {
      Image: image,
      Labels: labelsOfThisRun(),
      HostConfig: {
        CapDrop: ['ALL'],
        // To enter namespaces (admin, chroot, ptrace) and to change what is in them, whomever it belongs to.
        CapAdd: ['SYS_ADMIN', 'SYS_CHROOT', 'SYS_PTRACE', 'NET_ADMIN', 'NET_RAW', 'DAC_OVERRIDE'],
        SecurityOpt: ['seccomp=unconfined', 'apparmor=unconfined', 'label=disable'],
        PidMode: 'host',
        UsernsMode: 'host',
        // It needs no network, but none of its own is twice as fast to start as an empty one.
        NetworkMode: 'host',
      },
    })
    await shell.run('iptables -V') // reads the programs from disk
    return shell
  }
}

/** A shell that steps into namespaces for each command. */
function within(shell: Shell, enter: string): Shell {
  const entered = (command: string, args: readonly string[]) =>
    `${enter} sh -c ${[command, 'sh', ...args].map(shellQuote).join(' ')}`
  return {
    run: (command, ...args) => shell.run(entered(command, args)),
    succeeds: (command, ...args) => shell.succeeds(entered(command, args)),
  }
}
