# The whole of Breakwater, to explore with processes inside of one container. Built by `npm run images`, which makes the context.
ARG BASE_IMAGE=node:24-slim
FROM ${BASE_IMAGE}
WORKDIR /app
COPY app/ /app/
# Workspaces stay out of node_modules: Node.js runs no TypeScript that lies there.
RUN mkdir -p .breakwater/runs node_modules/.cache node_modules/@breakwater \
  && node -e "for (const name of ['harness', 'fixtures']) fs.symlinkSync('../../' + name, 'node_modules/@breakwater/' + name)" \
  && chown -R node:node .breakwater node_modules/.cache
USER node
ENTRYPOINT ["node", "/app/harness/bin/breakwater.js"]
CMD ["explore", "--system", "peer"]
