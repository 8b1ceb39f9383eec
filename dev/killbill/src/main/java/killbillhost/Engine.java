package killbillhost;

import com.google.inject.Module;
import com.google.inject.TypeLiteral;
import com.google.inject.multibindings.*;
import com.google.inject.name.Names;
import com.google.inject.util.Providers;
import java.lang.reflect.Proxy;
import java.rmi.RemoteException;
import java.util.*;
import javax.servlet.ServletContext;
import org.killbill.billing.account.glue.DefaultAccountModule;
import org.killbill.billing.beatrix.glue.BeatrixModule;
import org.killbill.billing.catalog.glue.CatalogModule;
import org.killbill.billing.currency.glue.CurrencyModule;
import org.killbill.billing.entitlement.glue.DefaultEntitlementModule;
import org.killbill.billing.invoice.glue.DefaultInvoiceModule;
import org.killbill.billing.jaxrs.glue.DefaultJaxrsModule;
import org.killbill.billing.jaxrs.resources.TestResource;
import org.killbill.billing.jaxrs.util.KillbillEventHandler;
import org.killbill.billing.junction.glue.DefaultJunctionModule;
import org.killbill.billing.osgi.api.*;
import org.killbill.billing.osgi.glue.*;
import org.killbill.billing.overdue.glue.DefaultOverdueModule;
import org.killbill.billing.payment.glue.PaymentModule;
import org.killbill.billing.platform.api.KillbillConfigSource;
import org.killbill.billing.platform.jndi.JNDIManager;
import org.killbill.billing.server.ServerService;
import org.killbill.billing.server.config.KillbillServerConfig;
import org.killbill.billing.server.modules.KillbillPlatformModule;
import org.killbill.billing.subscription.glue.DefaultSubscriptionModule;
import org.killbill.billing.tenant.glue.DefaultTenantModule;
import org.killbill.billing.usage.glue.UsageModule;
import org.killbill.billing.util.config.definition.*;
import org.killbill.billing.util.email.templates.TemplateModule;
import org.killbill.billing.util.glue.*;
import org.killbill.billing.util.optimizer.*;
import org.killbill.clock.*;
import org.killbill.commons.embeddeddb.*;
import org.killbill.commons.jdbi.guice.DaoConfig;
import org.skife.config.AugmentedConfigurationObjectFactory;
import org.skife.jdbi.v2.ResultSetMapperFactory;
import org.skife.jdbi.v2.tweak.*;

/** The platform module plus every billing module: one complete engine. */
final class Engine extends KillbillPlatformModule {
    Engine(final ServletContext context, final KillbillServerConfig server, final KillbillConfigSource source) {
        super(context, server, source);
    }

    @Override
    protected void configure() {
        super.configure();
        final KillbillConfigSource c = configSource;
        List.<Module>of(
                new AuditModule(c), new BroadcastModule(c), new CacheModule(c), new CallContextModule(c), new ConfigModule(c),
                new CustomFieldModule(c), new EventModule(c), new ExportModule(c), new GlobalLockerModule(c), new NodesModule(c),
                new NonEntityDaoModule(c), new RecordIdModule(c), new SecurityModule(c), new TagStoreModule(c), new TemplateModule(c),
                new KillBillShiroModule(c), new KillBillShiroAopModule(c), new KillbillApiAopModule(settings(JaxrsConfig.class)),
                new BeatrixModule(c), new CatalogModule(c), new CurrencyModule(c), new DefaultAccountModule(c), new DefaultEntitlementModule(c),
                new DefaultInvoiceModule(c), new DefaultJunctionModule(c), new DefaultOverdueModule(c), new DefaultSubscriptionModule(c),
                new DefaultTenantModule(c), new PaymentModule(c), new UsageModule(c), new DefaultJaxrsModule(c)).forEach(this::install);

        bind(KillbillEventHandler.class).asEagerSingleton();
        bind(NotificationConfig.class).toInstance(settings(NotificationConfig.class));
        bind(ServerService.class).to(Push.class).asEagerSingleton();

        // Things the platform asks for although this node has no plugins and no SQL tweaks
        bind(new TypeLiteral<OSGIServiceRegistration<Healthcheck>>() {}).toInstance((OSGIServiceRegistration<Healthcheck>) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[]{OSGIServiceRegistration.class}, (proxy, method, args) ->
                        method.getReturnType() == Set.class ? Set.of() : method.getReturnType() == Class.class ? Healthcheck.class : null));
        OptionalBinder.newOptionalBinder(binder(), new TypeLiteral<Set<ServiceDiscoveryRegistry>>() {}).setDefault().toInstance(Set.of());
        OptionalBinder.newOptionalBinder(binder(), new TypeLiteral<Set<ArgumentFactory>>() {}).setDefault().toInstance(Set.of());
        for (final Class<?> tweak : List.of(SQLLog.class, StatementBuilderFactory.class, StatementRewriter.class)) {
            OptionalBinder.newOptionalBinder(binder(), tweak).setDefault().toProvider(Providers.of(null));
        }
    }

    private <T> T settings(final Class<T> type) {
        return new AugmentedConfigurationObjectFactory(skifeConfigSource).build(type);
    }

    @Override
    protected void configureBuses() {
        super.configureBuses();
        bind(BusOptimizer.class).to(BusOptimizerNoop.class).asEagerSingleton();
        bind(BusDispatcherOptimizer.class).to(BusDispatcherOptimizerNoop.class).asEagerSingleton();
    }

    @Override
    protected void configureClock() {
        if (serverConfig.isTestModeEnabled()) {
            bind(Clock.class).to(ClockMock.class).asEagerSingleton();
            bind(TestResource.class).asEagerSingleton();
        } else {
            install(new ClockModule(configSource));
        }
    }

    @Override
    protected void configureDao() {
        super.configureDao();
        final Multibinder<ResultSetMapperFactory> factories = Multibinder.newSetBinder(binder(), ResultSetMapperFactory.class);
        IDBISetup.mapperFactoriesToRegister().forEach(factory -> factories.addBinding().toInstance(factory));
        final Multibinder<ResultSetMapper> mappers = Multibinder.newSetBinder(binder(), ResultSetMapper.class);
        IDBISetup.mappersToRegister().forEach(mapper -> mappers.addBinding().toInstance(mapper));
    }

    @Override
    protected void configureEmbeddedDBs() {
        mainEmbeddedDB = mainRoEmbeddedDB = database(null, daoConfig);
        bind(EmbeddedDB.class).annotatedWith(Names.named(MAIN_RO_DATA_SOURCE_ID)).toInstance(mainRoEmbeddedDB);
        shiroEmbeddedDB = database(SHIRO_DATA_SOURCE_ID, daoConfig);
    }

    @Override
    protected void configureOSGI() {
        final OSGIDataSourceConfig pool = settings(OSGIDataSourceConfig.class);
        install(new DefaultOSGIModule(configSource, (OSGIConfigProperties) configSource, pool, database(OSGI_DATA_SOURCE_ID, pool)));
    }

    @Override
    protected void configureJNDI() { // only plugins would look there; the default takes port 1099 and can hang if that is busy
        try {
            bind(JNDIManager.class).toInstance(new JNDIManager(0) {
                @Override public void export(final String name, final Object object) { }
                @Override public void unExport(final String name) { }
            });
        } catch (final RemoteException e) {
            throw new IllegalStateException(e);
        }
    }

    private EmbeddedDB database(final String name, final DaoConfig pool) { // the platform's H2 class would open a web console on port 8082
        final EmbeddedDB database = new GenericStandaloneDB("killbill", pool.getUsername(), pool.getPassword(), pool.getJdbcUrl()) {
            @Override
            public DBEngine getDBEngine() {
                return pool.getJdbcUrl().startsWith("jdbc:h2:") ? DBEngine.H2 : DBEngine.POSTGRESQL;
            }
        };
        (name == null ? bind(EmbeddedDB.class) : bind(EmbeddedDB.class).annotatedWith(Names.named(name))).toInstance(database);
        return database;
    }
}
