package io.holdfast.control;

import io.holdfast.protocol.api.Nothing;
import io.holdfast.protocol.api.TotpApi;

/** One-time codes over HTTP. */
final class TotpRoutes {
    private final AccessService access;

    TotpRoutes(AccessService access) {
        this.access = access;
    }

    void addTo(ApiRoutes routes) {
        routes.send(
                        "POST",
                        "/me/totp",
                        "A secret for one-time codes, which are asked for once the first one was shown",
                        Permission.READ,
                        TotpApi.Password.class,
                        TotpApi.Setup.class,
                        call -> access.setUpTotp(
                                call.principal(), call.request().password(), call.exchange()))
                .send(
                        "POST",
                        "/me/totp/confirm",
                        "Asks for one-time codes from now on; the answer is told this one time",
                        Permission.READ,
                        TotpApi.Confirmation.class,
                        TotpApi.RecoveryCodes.class,
                        call -> access.confirmTotp(call.principal(), call.request()))
                .send(
                        "POST",
                        "/me/totp/disable",
                        "Asks for no one-time codes any more",
                        Permission.READ,
                        TotpApi.Proof.class,
                        Nothing.class,
                        call -> {
                            access.disableTotp(call.principal(), call.request(), call.exchange());
                            return Nothing.NOTHING;
                        })
                .act(
                        "DELETE",
                        "/users/{name}/totp",
                        "Lets a user in who has lost phone and recovery codes: codes are asked for no more",
                        Permission.ADMINISTER,
                        call -> {
                            access.resetTotp(call.principal(), call.exchange().parameter("name"));
                            return Nothing.NOTHING;
                        });
    }
}
