// A preload that makes a build slow: every answer leaves 150 ms late.
import { ServerResponse } from 'node:http'

const { end } = ServerResponse.prototype
ServerResponse.prototype.end = function (...words) {
  setTimeout(() => end.apply(this, words), 150)
  return this
}
