// A certified OpenID provider with made-up accounts, for the tests: npm oidc-provider, everything in memory.
// IDENTITY_MODULE: where the package is; IDENTITY_PORT; IDENTITY_CLIENTS and IDENTITY_ACCOUNTS: JSON.
const { default: Provider } = await import(process.env.IDENTITY_MODULE);
const port = Number(process.env.IDENTITY_PORT);
const issuer = `http://127.0.0.1:${port}`;
const accounts = JSON.parse(process.env.IDENTITY_ACCOUNTS);

const provider = new Provider(issuer, {
  clients: JSON.parse(process.env.IDENTITY_CLIENTS),
  claims: { openid: ['sub', 'acr', 'auth_time'], profile: ['name'], citizen: ['SoDinhDanh'], staff: ['roles', 'unit_code', 'username'] },
  scopes: ['openid', 'profile', 'citizen', 'staff'],
  conformIdTokenClaims: false, // claims of scopes stand in the ID token too
  pkce: { required: () => true },
  cookies: { keys: ['only-for-tests'] },
  ttl: { AccessToken: 600, IdToken: 600, AuthorizationCode: 60, Session: 3600, Grant: 3600, Interaction: 600 },
  features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true } },
  interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
  async findAccount(_context, sub) {
    const found = accounts[sub];
    return found && { accountId: sub, claims: async () => ({ sub, ...found.claims }) };
  },
  async loadExistingGrant(context) { // everything that is asked for is granted, so that no page asks for consent
    const { client, session, params } = context.oidc;
    const grant = new context.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope(params.scope);
    await grant.save();
    return grant;
  },
});

const read = (request) => new Promise((done) => { let text = ''; request.on('data', (part) => { text += part; }); request.on('end', () => done(text)); });

provider.use(async (context, next) => {
  if (!/^\/interaction\/[^/]+$/.test(context.path)) return next();
  const login = context.method === 'POST' ? new URLSearchParams(await read(context.req)).get('login') : null;
  const answer = login === 'deny'
    ? { error: 'access_denied' }
    : accounts[login] && { login: { accountId: login, acr: accounts[login].acr } };
  if (answer) {
    context.respond = false;
    return provider.interactionFinished(context.req, context.res, answer, { mergeWithLastSubmission: false });
  }
  context.type = 'html';
  context.body = `<!doctype html><html lang="vi"><meta charset="utf-8"><title>Nơi định danh thử</title><h1>Nơi định danh thử</h1><form method="post">${Object.keys(accounts).concat('deny').map((name) => `<button name="login" value="${name}">${name}</button>`).join(' ')}</form>`;
});

const server = provider.listen(port, '127.0.0.1', () => console.log('ready'));
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => { server.closeAllConnections(); server.close(() => process.exit(0)); });
