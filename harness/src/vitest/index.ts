import './matchers.ts'

export { clusterTest } from './clusterTest.ts'
