/**
 * What an operation does, whatever its system calls it. `look` changes nothing, and no checker knows what it must answer;
 * `localRead` reads what one replica has, however old; `unknown` may have changed anything within its reach.
 */
export type Deed = 'read' | 'localRead' | 'look' | 'write' | 'delete' | 'cas' | 'append' | 'add' | 'unknown'

/**
 * The one table of kinds. A kind that is not here is `unknown`, and so are locks, queues and bank transfers: no checker
 * models them. Case, `-`, `_` and blanks do not count: compare-and-set is compareAndSet.
 */
const kindsByDeed: Record<Exclude<Deed, 'unknown'>, readonly string[]> = {
  read: ['read', 'get', 'lookup'],
  localRead: ['localRead', 'staleRead', 'dirtyRead'],
  look: [
    ...['search', 'query', 'scan', 'count', 'list', 'poll', 'exists', 'contains', 'has', 'keys', 'size', 'length'],
    ...['digest', 'status', 'health', 'ping', 'watch', 'subscribe', 'createTable', 'createIndex', 'createBucket'],
  ],
  write: [
    ...['write', 'put', 'set', 'insert', 'update', 'upsert', 'replace', 'overwrite', 'store', 'save', 'create'],
    ...['produce', 'publish', 'transaction', 'txn', 'patch', 'merge', 'putBlob', 'upload'],
    ...['putRows', 'writeRows', 'insertRows', 'upsertRows', 'updateRows', 'multiPut', 'mput', 'mset', 'bulkInsert'],
    ...['putMany', 'writeMany', 'insertMany', 'upsertMany', 'updateMany', 'putAll', 'insertAll', 'batch'],
    ...['putIfAbsent', 'insertIfAbsent', 'setIfAbsent', 'setnx'],
  ],
  delete: [
    ...['delete', 'remove', 'del', 'unset', 'erase', 'destroy', 'deleteRows', 'removeRows', 'deleteMany', 'removeMany'],
    ...['deleteAll', 'removeAll', 'clear', 'truncate', 'drop', 'dropTable'],
  ],
  cas: ['cas', 'compareAndSet', 'compareAndSwap', 'compareSet', 'compareSwap', 'testAndSet', 'checkAndSet'],
  append: ['append', 'appendText', 'concat'],
  add: [
    ...['add', 'increment', 'incr', 'inc', 'incrBy', 'incrementBy', 'addAndGet', 'incrementAndGet'],
    ...['decrement', 'decr', 'dec', 'decrBy', 'decrementBy', 'subtract', 'sub'],
    ...['fetchAdd', 'fetchAndAdd', 'getAndAdd', 'getAndIncrement', 'getAndDecrement', 'fetchAndSubtract'],
  ],
}

/** Keyed by data, so a Map: `constructor` and `__proto__` are kinds like others. */
const deeds = new Map<string, Deed>(
  Object.entries(kindsByDeed).flatMap(([deed, kinds]) => kinds.map((kind) => [plain(kind), deed as Deed] as const)),
)

/** Add, but what is added is taken away. */
const subtracting = namesOf('decrement decr dec decrBy decrementBy subtract sub getAndDecrement fetchAndSubtract')
/** Add, and the answer is what was there before. */
const answeringBefore = namesOf('fetchAdd fetchAndAdd getAndAdd getAndIncrement getAndDecrement fetchAndSubtract')
/** Several rows at once, of which each may say what is done to it. */
const transactions = namesOf('transaction txn batch')
/** Write, and only the fields that are named change. */
const partial = namesOf('update updateRows updateMany patch merge')
/** Write where nothing is, else nothing. */
const ifAbsent = namesOf('putIfAbsent insertIfAbsent setIfAbsent setnx')
/** Delete, and without a key the whole table. */
const ofWholeTables = namesOf('clear truncate drop dropTable deleteAll removeAll')

export interface Kind {
  deed: Deed
  subtracts: boolean
  answersBefore: boolean
  isTransaction: boolean
  isPartial: boolean
  ifAbsent: boolean
  ofWholeTable: boolean
}

const known = new Map<string, Kind>()
/** Kinds come from data: what is remembered of them stays small whatever a history holds. */
const mostKnown = 1_000

export function kindOf(kind: string): Kind {
  const remembered = known.get(kind)
  if (remembered !== undefined) return remembered
  const name = plain(kind)
  const told: Kind = {
    deed: deeds.get(name) ?? 'unknown',
    subtracts: subtracting.has(name),
    answersBefore: answeringBefore.has(name),
    isTransaction: transactions.has(name),
    isPartial: partial.has(name),
    ifAbsent: ifAbsent.has(name),
    ofWholeTable: ofWholeTables.has(name),
  }
  if (known.size < mostKnown) known.set(kind, told)
  return told
}

/** Whether operations of this kind write rows: not whether they may change something. */
export function writesRows(kind: string): boolean {
  const { deed } = kindOf(kind)
  return deed === 'write' || deed === 'append'
}

/** Whether operations of this kind change nothing. */
export function onlyReads(kind: string): boolean {
  const { deed } = kindOf(kind)
  return deed === 'read' || deed === 'localRead' || deed === 'look'
}

function namesOf(text: string): ReadonlySet<string> {
  return new Set(text.split(' ').map(plain))
}

function plain(kind: string): string {
  return kind.replace(/[-_ ]/g, '').toLowerCase()
}
