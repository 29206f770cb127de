import { expect, test } from 'vitest'
import { readCall } from './objectStoreCall.ts'

test.each([
  ['GET', '/', 'ListBuckets', '', ''],
  ['PUT', '/b', 'CreateBucket', 'b', ''],
  ['HEAD', '/b/', 'HeadBucket', 'b', ''],
  ['DELETE', '/b', 'DeleteBucket', 'b', ''],
  ['GET', '/b?list-type=2&prefix=x', 'ListObjects', 'b', ''],
  ['GET', '/b?uploads', 'ListMultipartUploads', 'b', ''],
  ['GET', '/b?versioning', 'Other', 'b', ''],
  ['POST', '/b?delete', 'DeleteObjects', 'b', ''],
  ['PUT', '/b/a%20b/%C3%BC?x-id=PutObject', 'PutObject', 'b', 'a b/ü'],
  ['GET', '/b/k', 'GetObject', 'b', 'k'],
  ['HEAD', '/b/k', 'HeadObject', 'b', 'k'],
  ['DELETE', '/b/k', 'DeleteObject', 'b', 'k'],
  ['POST', '/b/k?uploads=', 'CreateMultipartUpload', 'b', 'k'],
  ['PUT', '/b/k?partNumber=1&uploadId=u', 'UploadPart', 'b', 'k'],
  ['GET', '/b/k?uploadId=u', 'ListParts', 'b', 'k'],
  ['POST', '/b/k?uploadId=u', 'CompleteMultipartUpload', 'b', 'k'],
  ['DELETE', '/b/k?uploadId=u', 'AbortMultipartUpload', 'b', 'k'],
  ['GET', '/b/%zz', 'GetObject', 'b', '%zz'],
])('%s %s is %s', (method, url, operation, bucket, key) => {
  expect(readCall(method, url, false)).toEqual({ operation, bucket, key })
})

test('a PUT with a source is a copy', () => {
  expect(readCall('PUT', '/b/k', true).operation).toBe('CopyObject')
})
