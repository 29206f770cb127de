import type { Connection } from './connection.ts'
import type { ActiveRule } from './imposition.ts'
import type { ProxiedLink } from './link.ts'
import { dueMsOf, type Parcel, ParcelQueue, parcelOf } from './parcelQueue.ts'
import type { Wire } from './wire.ts'

type Verdict = 'pass' | 'hold' | 'silence' | 'drop'

const none = Buffer.alloc(0)
/** Timers count whole milliseconds: one that comes half a millisecond early would only come again, late. */
const earlyMs = 0.5

/** One direction of one connection. Without rules bytes go straight from wire to wire; with rules, through a queue. */
export class Flow {
  readonly connection: Connection
  readonly #link: ProxiedLink
  readonly #source: Wire
  readonly #sink: Wire
  readonly #queue = new ParcelQueue()
  readonly #silencedBy = new Set<ActiveRule>()
  /** The rule that made this flow lose something: its connection must not go on. */
  #lostBy: ActiveRule | undefined
  /** The sink's kernel buffer is full. */
  #isStuck = false
  #timer: NodeJS.Timeout | undefined

  constructor(connection: Connection, link: ProxiedLink, source: Wire, sink: Wire) {
    this.connection = connection
    this.#link = link
    this.#source = source
    this.#sink = sink
    link.attach(this)
  }

  get bytesHeld(): number {
    return this.#queue.byteCount
  }

  /** Says how the link looks to a connection that is just being dialled, and counts the attempt. */
  begin(): void {
    const verdict = this.#verdict()
    if (verdict === 'drop') this.#count('drop', 'connectionsDropped')
    if (verdict === 'hold') this.#count('hold', 'connectionsHeld')
    this.settle()
  }

  /** Takes bytes off the source. They lie in the source's buffer, which is free again when this returns. */
  carry(bytes: Buffer): boolean {
    if (this.#link.isClear && this.#queue.isEmpty && !this.#isStuck && this.#sink.isOpen && !this.#lostBy) {
      this.#link.bytesPassed += bytes.length
      if (this.#sink.write(bytes)) return true
      this.#source.leaveBuffer()
      this.#awaitFlush()
      return false
    }
    this.#source.readLittle()
    this.#arrive(bytes)
    this.#deliver()
    return this.#shouldRead()
  }

  carryClose(kind: 'end' | 'reset'): void {
    const verdict = this.#verdict()
    if (verdict === 'drop') {
      this.#count('drop', 'closesDropped')
      this.#lose()
      return
    }
    if (verdict === 'silence') this.#count('silence', 'closesSilenced')
    if (verdict === 'hold') this.#count('hold', 'closesHeld')
    const parcel = parcelOf(kind, none)
    this.#delay(parcel)
    for (const active of this.#link.rulesOf('slowClose')) {
      parcel.waits.set(active, active.rule.ms)
      active.add('closesDelayed')
    }
    this.#queue.push(parcel)
    this.settle()
  }

  silence(rule: ActiveRule): void {
    this.#silencedBy.add(rule)
    rule.add('connectionsSilenced')
  }

  /** The rule was lifted. */
  forget(rule: ActiveRule): void {
    this.#queue.forget(rule)
    if (this.#silencedBy.delete(rule)) this.#lostBy ??= rule
  }

  /** Looks at everything anew: after a rule came or went, a timer, a flush, a dial. */
  settle(): void {
    if (this.connection.isOver) return
    const verdict = this.#verdict()
    if (verdict === 'drop') this.#discard()
    if (verdict === 'pass' && this.#lostBy) this.connection.reset(this.#lostBy)
    else if (verdict === 'pass') this.#sink.open()
    this.#deliver()
    if (!this.connection.isOver) this.#source.steer(this.#shouldRead())
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#queue.clear()
    this.#link.detach(this)
  }

  /** Most severe first. A reset does not come this far: it ends the connection. */
  #verdict(): Verdict {
    if (this.#link.isClear) return 'pass'
    if (this.#link.rulesOf('drop').length > 0) return 'drop'
    if (this.#silencedBy.size > 0) return 'silence'
    return this.#link.rulesOf('hold').length > 0 ? 'hold' : 'pass'
  }

  #arrive(bytes: Buffer): void {
    const verdict = this.#verdict()
    if (verdict === 'drop') {
      this.#count('drop', 'bytesDropped', bytes.length)
      this.#lose()
    }
    if (verdict === 'silence') this.#count('silence', 'bytesSilenced', bytes.length)
    if (verdict === 'hold') this.#count('hold', 'bytesHeld', bytes.length)
    if (this.#lostBy || this.#sink.isGone) return // nothing after a loss, or for the dead, is ever delivered
    const parcel = parcelOf('bytes', Buffer.from(bytes))
    this.#delay(parcel)
    this.#queue.push(parcel)
  }

  #delay(parcel: Parcel): void {
    for (const active of this.#link.rulesOf('delay')) {
      const { ms, jitterMs = 0, random } = active.rule
      const waitMs = Math.max(0, ms + jitterMs * (random ? random.fraction() * 2 - 1 : 0))
      parcel.waits.set(active, waitMs)
      active.add('delayAddedMs', waitMs)
      active.add('chunksDelayed')
    }
  }

  #deliver(): void {
    if (this.connection.isOver || this.#verdict() !== 'pass') return
    for (let parcel = this.#queue.head(); parcel; parcel = this.#queue.head()) {
      if (this.#sink.isGone) {
        this.#queue.clear()
        return
      }
      if (!this.#sink.isOpen || this.#isStuck) return
      const waitMs = dueMsOf(parcel) - performance.now()
      if (waitMs > earlyMs) {
        this.#settleIn(waitMs)
        return
      }
      if (parcel.kind === 'reset') {
        this.connection.reset()
        return
      }
      if (parcel.kind === 'end') {
        this.#queue.take(0)
        this.#sink.end()
      } else if (!this.#pass(parcel)) return
    }
  }

  #pass(parcel: Parcel): boolean {
    const allowed = this.#link.grant(this, parcel.bytes.length)
    if (allowed < parcel.bytes.length && !parcel.isThrottled) {
      parcel.isThrottled = true
      this.#link.slowest()?.add('bytesThrottled', parcel.bytes.length - allowed)
    }
    if (allowed === 0) return false
    const isFlushed = this.#sink.write(this.#queue.take(allowed))
    this.#link.passed(allowed, (done) => (isFlushed ? done() : this.#sink.whenFlushed(done)))
    if (!isFlushed) this.#awaitFlush()
    return !this.connection.isOver
  }

  #discard(): void {
    for (const parcel of this.#queue.clear()) {
      if (parcel.kind === 'bytes') this.#count('drop', 'bytesDropped', parcel.bytes.length)
      else this.#count('drop', 'closesDropped')
      this.#lose()
    }
  }

  #lose(): void {
    this.#lostBy ??= this.#link.rulesOf('drop')[0]
  }

  #awaitFlush(): void {
    this.#isStuck = true
    this.#sink.whenFlushed(() => {
      this.#isStuck = false
      this.settle()
    })
  }

  #settleIn(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.settle(), Math.max(1, Math.floor(ms)))
  }

  #shouldRead(): boolean {
    if (this.#sink.isGone) return true // so that the end of the source is seen
    switch (this.#verdict()) {
      case 'drop':
        return true
      case 'hold':
      case 'silence':
        return this.#queue.byteCount < this.#link.queueLimitBytes
      case 'pass':
        if (this.#link.isClear) return this.#sink.isOpen && !this.#isStuck && this.#queue.isEmpty
        return this.#queue.byteCount < this.#link.queueLimitBytes
    }
  }

  #count(type: 'hold', name: 'bytesHeld' | 'connectionsHeld' | 'closesHeld', amount?: number): void
  #count(type: 'drop', name: 'bytesDropped' | 'connectionsDropped' | 'closesDropped', amount?: number): void
  #count(type: 'silence', name: 'bytesSilenced' | 'closesSilenced', amount?: number): void
  #count(type: 'hold' | 'drop' | 'silence', name: Parameters<ActiveRule['add']>[0], amount = 1): void {
    const actives = type === 'silence' ? this.#silencedBy : this.#link.rulesOf(type)
    for (const active of actives) active.add(name, amount)
  }
}
