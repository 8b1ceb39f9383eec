package killbillhost;

import com.google.inject.Module;
import com.google.inject.servlet.ServletModule;
import javax.servlet.ServletContext;
import org.killbill.billing.jaxrs.util.KillbillEventHandler;
import org.killbill.billing.server.listeners.KillbillPlatformGuiceListener;
import org.killbill.bus.api.PersistentBus.EventBusException;
import org.killbill.commons.skeleton.modules.BaseServerModuleBuilder;

/** Servlet listener: builds the injector, then drives the engine's start and stop sequence (both inherited). */
final class Boot extends KillbillPlatformGuiceListener {
    @Override
    protected ServletModule getServletModule() {
        return new BaseServerModuleBuilder()
                .setJaxrsUriPattern("/(1\\.0/kb|plugins)(/.*)?")
                .addJerseyResourcePackage("org.killbill.billing.jaxrs.mappers")
                .addJerseyResourcePackage("org.killbill.billing.jaxrs.resources")
                .addJerseyResourceClass("com.fasterxml.jackson.jaxrs.json.JacksonJsonProvider")
                .addJerseyParam("jersey.config.server.wadl.disableWadl", "true")
                .addFilter("/*", Gate.class)
                .build();
    }

    @Override
    protected Module getModule(final ServletContext context) {
        return new Engine(context, config, configSource);
    }

    @Override
    protected void startLifecycleStage2() { // requests with callCompletion=true wait for internal events
        try {
            killbillBusService.getBus().register(injector.getInstance(KillbillEventHandler.class));
        } catch (final EventBusException e) {
            throw new IllegalStateException(e);
        }
    }
}
