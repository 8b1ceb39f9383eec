package killbillhost;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.*;
import java.time.Duration;
import java.util.*;
import javax.inject.*;
import org.killbill.billing.ObjectType;
import org.killbill.billing.jaxrs.json.NotificationJson;
import org.killbill.billing.lifecycle.glue.BusModule;
import org.killbill.billing.notification.plugin.api.ExtBusEvent;
import org.killbill.billing.platform.api.LifecycleHandlerType;
import org.killbill.billing.platform.api.LifecycleHandlerType.LifecycleLevel;
import org.killbill.billing.server.ServerService;
import org.killbill.billing.tenant.api.TenantKV.TenantKey;
import org.killbill.billing.tenant.api.TenantUserApi;
import org.killbill.billing.util.callcontext.*;
import org.killbill.billing.util.config.definition.NotificationConfig;
import org.killbill.bus.api.PersistentBus;
import org.killbill.clock.Clock;
import org.killbill.commons.eventbus.*;
import org.killbill.notificationq.api.*;
import org.skife.config.TimeSpan;
import org.slf4j.*;

/** Push notifications: POSTs each external event to the tenant's callback; failures go through a persistent retry queue. */
public final class Push implements ServerService { // public: the lifecycle calls it by reflection
    /** One message; also what the retry queue stores. */
    public static final class Message implements NotificationEvent {
        public UUID tenantId, accountId;
        public String url, body;
        public int attempt;
    }

    private static final Logger LOG = LoggerFactory.getLogger(Push.class);
    private static final Duration TIMEOUT = Duration.ofSeconds(15);
    private final HttpClient http = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
    @Inject @Named(BusModule.EXTERNAL_BUS_NAMED) private PersistentBus bus;
    @Inject private NotificationQueueService queues;
    @Inject private TenantUserApi tenants;
    @Inject private CallContextFactory contexts;
    @Inject private InternalCallContextFactory internal;
    @Inject private NotificationConfig config;
    @Inject private ObjectMapper json;
    @Inject private Clock clock;
    private NotificationQueue retries;

    @Override public String getName() { return KILLBILL_SERVICES.SERVER_SERVICE.getServiceName(); }
    @Override public int getRegistrationOrdering() { return KILLBILL_SERVICES.SERVER_SERVICE.getRegistrationOrdering(); }

    @LifecycleHandlerType(LifecycleLevel.INIT_SERVICE)
    public void init() throws Exception {
        retries = queues.createNotificationQueue(getName(), "push-retries", (event, date, token, account, tenant) -> send((Message) event));
        bus.register(this);
    }

    @LifecycleHandlerType(LifecycleLevel.START_SERVICE) public void start() { retries.startQueue(); }

    @LifecycleHandlerType(LifecycleLevel.STOP_SERVICE)
    public void stop() throws Exception {
        bus.unregister(this);
        retries.stopQueue();
        queues.deleteNotificationQueue(retries.getServiceName(), retries.getQueueName());
    }

    @Subscribe
    @AllowConcurrentEvents
    public void on(final ExtBusEvent event) throws Exception {
        final TenantContext context = contexts.createTenantContext(event.getAccountId(), event.getTenantId());
        for (final String url : tenants.getTenantValuesForKey(TenantKey.PUSH_NOTIFICATION_CB.toString(), context)) {
            final Message message = new Message();
            message.tenantId = event.getTenantId();
            message.accountId = event.getAccountId();
            message.url = url;
            message.body = json.writeValueAsString(new NotificationJson(event));
            send(message);
        }
    }

    private void send(final Message message) {
        String problem;
        try {
            final int status = http.send(HttpRequest.newBuilder(URI.create(message.url)).timeout(TIMEOUT)
                    .header("Content-Type", "application/json; charset=UTF-8").header("User-Agent", "KillBill/1.0")
                    .POST(HttpRequest.BodyPublishers.ofString(message.body)).build(), HttpResponse.BodyHandlers.discarding()).statusCode();
            problem = status / 100 == 2 ? null : "status " + status;
        } catch (final Exception e) {
            problem = e.toString();
        }
        if (problem == null) {
            return;
        }
        try {
            final TenantContext context = contexts.createTenantContext(null, message.tenantId);
            final List<TimeSpan> delays = config.getPushNotificationsRetries(internal.createInternalTenantContextWithoutAccountRecordId(context));
            LOG.warn("Push to {} failed ({}), attempt {} of {}", message.url, problem, message.attempt + 1, delays.size() + 1);
            if (message.attempt < delays.size()) {
                final long delay = delays.get(message.attempt++).getMillis();
                final Long account = internal.getRecordIdFromObject(message.accountId, ObjectType.ACCOUNT, context);
                retries.recordFutureNotification(clock.getUTCNow().plus(delay), message, null, account == null ? 0L : account,
                                                 internal.getRecordIdFromObject(message.tenantId, ObjectType.TENANT, context));
            }
        } catch (final Exception e) {
            LOG.error("Push to {} cannot be retried", message.url, e);
        }
    }
}
