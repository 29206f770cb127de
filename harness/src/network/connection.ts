import { Flow } from './flow.ts'
import type { ActiveRule } from './imposition.ts'
import type { ProxiedLink } from './link.ts'
import type { Wire } from './wire.ts'

export interface Ends {
  /** The socket that a door accepted, and the link that carries what it says. */
  dialler: Wire
  forward: ProxiedLink
  /** The socket to the node behind the door, not yet dialled, and the link that carries its answers. */
  target: Wire
  backward: ProxiedLink
  onGone: (connection: Connection) => void
}

/** A dialler's socket and a node's socket, with one flow for each direction between them. */
export class Connection {
  isOver = false
  readonly #ends: Ends
  readonly #toTarget: Flow
  readonly #toDialler: Flow

  constructor(ends: Ends) {
    this.#ends = ends
    const { dialler, target, forward, backward } = ends
    this.#toTarget = new Flow(this, forward, dialler, target)
    this.#toDialler = new Flow(this, backward, target, dialler)
    this.#attend(dialler, this.#toTarget, this.#toDialler)
    this.#attend(target, this.#toDialler, this.#toTarget)
  }

  begin(): void {
    const refusal = this.#ends.forward.refusal() ?? this.#ends.backward.refusal()
    if (!refusal) this.#toTarget.begin()
    else {
      refusal.add('connectionsRefused')
      this.reset()
    }
  }

  /** Ends both sockets with an RST. The rule, if one is to blame, counts it. */
  reset(cause?: ActiveRule): void {
    if (this.isOver) return
    cause?.add('connectionsReset')
    this.#ends.dialler.reset()
    this.#ends.target.reset()
    this.#finish()
  }

  #attend(wire: Wire, outgoing: Flow, incoming: Flow): void {
    wire.listen({
      onBytes: (bytes) => !this.isOver && outgoing.carry(bytes),
      onOpen: () => {
        incoming.settle()
        outgoing.settle()
      },
      onEnd: () => {
        if (!this.isOver) outgoing.carryClose('end')
      },
      onClose: (wasReset) => {
        if (this.isOver) return
        // What the far side must learn travels the link like any byte: a partition keeps it, too.
        if (wasReset) outgoing.carryClose('reset')
        const { dialler, target } = this.#ends
        if (wasReset && target.isUndialled)
          this.reset() // nobody is left to dial for
        else if (dialler.isGone && target.isGone) this.#finish()
        else incoming.settle()
      },
    })
  }

  #finish(): void {
    if (this.isOver) return
    this.isOver = true
    this.#toTarget.close()
    this.#toDialler.close()
    this.#ends.onGone(this)
  }
}
