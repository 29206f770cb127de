/** What a client can ask of an object store, by S3's own names. */
export const objectStoreOperations = [
  'ListBuckets',
  'CreateBucket',
  'HeadBucket',
  'DeleteBucket',
  'ListObjects',
  'DeleteObjects',
  'ListMultipartUploads',
  'PutObject',
  'CopyObject',
  'GetObject',
  'HeadObject',
  'DeleteObject',
  'CreateMultipartUpload',
  'UploadPart',
  'CompleteMultipartUpload',
  'AbortMultipartUpload',
  'ListParts',
  'Other',
] as const

export type ObjectStoreOperation = (typeof objectStoreOperations)[number]

export interface ObjectStoreCall {
  readonly operation: ObjectStoreOperation
  readonly bucket: string
  /** Decoded. Empty for calls about a bucket or the store. */
  readonly key: string
}

/** Reads a path-style request. What it does not know is `Other`. */
export function readCall(method: string, url: string, isCopy: boolean): ObjectStoreCall {
  const [path = '/', search = ''] = url.split('?', 2)
  const slash = path.indexOf('/', 1)
  const bucket = slash < 0 ? path.slice(1) : path.slice(1, slash)
  const key = slash < 0 ? '' : decoded(path.slice(slash + 1))
  const query = new URLSearchParams(search)
  return { operation: operationOf(method, bucket, key, query, isCopy), bucket, key }
}

function operationOf(
  method: string,
  bucket: string,
  key: string,
  query: URLSearchParams,
  isCopy: boolean,
): ObjectStoreOperation {
  if (key !== '') return ofObject(method, query, isCopy)
  if (bucket === '') return method === 'GET' ? 'ListBuckets' : 'Other'
  return ofBucket(method, query)
}

function ofBucket(method: string, query: URLSearchParams): ObjectStoreOperation {
  if (method === 'GET') {
    if (query.has('uploads')) return 'ListMultipartUploads'
    const isListing = [...query.keys()].every((name) => listingNames.has(name))
    return isListing ? 'ListObjects' : 'Other'
  }
  if (method === 'POST') return query.has('delete') ? 'DeleteObjects' : 'Other'
  return bucketMethods[method] ?? 'Other'
}

const listingNames = new Set([
  'continuation-token',
  'delimiter',
  'encoding-type',
  'fetch-owner',
  'list-type',
  'marker',
  'max-keys',
  'prefix',
  'start-after',
  'x-id',
])

const bucketMethods: Readonly<Record<string, ObjectStoreOperation>> = {
  PUT: 'CreateBucket',
  HEAD: 'HeadBucket',
  DELETE: 'DeleteBucket',
}

function ofObject(method: string, query: URLSearchParams, isCopy: boolean): ObjectStoreOperation {
  const inParts = query.has('uploadId')
  if (method === 'POST') {
    if (query.has('uploads')) return 'CreateMultipartUpload'
    return inParts ? 'CompleteMultipartUpload' : 'Other'
  }
  if (method === 'PUT') return inParts ? 'UploadPart' : isCopy ? 'CopyObject' : 'PutObject'
  if (method === 'GET') return inParts ? 'ListParts' : 'GetObject'
  if (method === 'DELETE') return inParts ? 'AbortMultipartUpload' : 'DeleteObject'
  return method === 'HEAD' ? 'HeadObject' : 'Other'
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // Not for us to refuse: the store will, and a rule sees the key as it was sent.
    return text
  }
}
