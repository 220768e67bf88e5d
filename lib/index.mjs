import Server from './index.js';

export const { ServerConnection, ServerRoom, Message, LineError } = Server;
export { Server };
export default Server;
