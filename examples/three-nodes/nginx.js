// @ts-check
'use strict';

/** The configuration of nginx in front of the nodes. `docs/deploy/nginx.conf` is one with TLS. */

/**
 * @param {object} where
 * @param {string} where.folder For its files.
 * @param {number} where.port It listens here, on 127.0.0.1.
 * @param {number[]} where.targets Ports of the nodes.
 */
function nginxConfig({ folder, port, targets }) {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`);
  return `daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr;
events {}

http {
  access_log off;
  ${temporary.join('\n  ')}

  upstream chat {
    # A new connection goes to the node that has the fewest. One that does not answer is left out for a second.
    least_conn;
    ${targets.map((target) => `server 127.0.0.1:${target} fail_timeout=1s;`).join('\n    ')}
  }

  map $http_upgrade $connection_for_upgrade {
    default upgrade;
    '' close;
  }

  server {
    listen 127.0.0.1:${port};

    location / {
      proxy_pass http://chat;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_for_upgrade;
      proxy_set_header Host $host:$server_port;
      proxy_set_header X-Forwarded-For $remote_addr;
      # A node that is stopping answers 503: the next one is asked.
      proxy_next_upstream error timeout http_503;
      proxy_connect_timeout 1s;
      # Longer than the pause between two pings of the server, 15 s.
      proxy_read_timeout 60s;
    }
  }
}
`;
}

module.exports = { nginxConfig };
