import LineClient from './web.js';

export const { Message, Error: LineError } = LineClient;
export { LineClient };
export default LineClient;
