/** Starts the page. */

import { Session } from "./session.js";
import { showApps } from "./ui/apps.js";
import { offerExports, showCall } from "./ui/call.js";
import { showConnection } from "./ui/connection.js";
import { showInstall } from "./ui/install.js";
import { showKeys } from "./ui/keys.js";
import { showLog } from "./ui/log.js";
import { showMessages } from "./ui/messages.js";
import { workOffline } from "./ui/offline.js";
import { showRuns } from "./ui/runs.js";
import { showTheme } from "./ui/theme.js";

const session = new Session();
showTheme();
showConnection(session);
showInstall(session, offerExports);
showApps(session);
showCall(session);
showRuns(session);
showMessages(session);
showLog(session);
showKeys(session);
workOffline();
