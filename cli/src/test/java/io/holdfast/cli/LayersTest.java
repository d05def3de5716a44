package io.holdfast.cli;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The map in docs/architecture.md, and what docs/hacking.md asks for, as rules. */
class LayersTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.holdfast");

    @Test
    void looksAtAllModules() {
        for (String module : List.of(
                "core",
                "storage",
                "repository",
                "sources",
                "search",
                "plan",
                "stores",
                "security",
                "http",
                "protocol",
                "catalog",
                "databases",
                "media",
                "agent",
                "control",
                "console",
                "cli",
                "testkit")) {
            assertThat(CLASSES.that(resideInAPackage("io.holdfast." + module + "..")))
                    .as(module)
                    .isNotEmpty();
        }
    }

    @Test
    void arrowsBetweenModulesPointDown() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("core")
                .definedBy("io.holdfast.core..")
                .layer("storage")
                .definedBy("io.holdfast.storage..")
                .layer("repository")
                .definedBy("io.holdfast.repository..")
                .layer("sources")
                .definedBy("io.holdfast.sources..")
                .layer("search")
                .definedBy("io.holdfast.search..")
                .layer("mount")
                .definedBy("io.holdfast.mount..")
                .layer("plan")
                .definedBy("io.holdfast.plan..")
                .layer("stores")
                .definedBy("io.holdfast.stores..")
                .layer("security")
                .definedBy("io.holdfast.security..")
                .layer("http")
                .definedBy("io.holdfast.http..")
                .layer("protocol")
                .definedBy("io.holdfast.protocol..")
                .layer("catalog")
                .definedBy("io.holdfast.catalog..")
                .layer("databases")
                .definedBy("io.holdfast.databases..")
                .layer("media")
                .definedBy("io.holdfast.media..")
                .layer("agent")
                .definedBy("io.holdfast.agent..")
                .layer("control")
                .definedBy("io.holdfast.control..")
                .layer("console")
                .definedBy("io.holdfast.console..")
                .layer("cli")
                .definedBy("io.holdfast.cli..")
                .layer("testkit")
                .definedBy("io.holdfast.testkit..")
                .whereLayer("core")
                .mayNotAccessAnyLayer()
                .whereLayer("storage")
                .mayOnlyAccessLayers("core")
                .whereLayer("repository")
                .mayOnlyAccessLayers("core", "storage")
                .whereLayer("sources")
                .mayOnlyAccessLayers("core", "storage", "repository")
                .whereLayer("search")
                .mayOnlyAccessLayers("core", "storage", "repository")
                .whereLayer("mount")
                .mayOnlyAccessLayers("core", "repository")
                .whereLayer("plan")
                .mayOnlyAccessLayers("core", "repository")
                .whereLayer("stores")
                .mayOnlyAccessLayers("core", "storage")
                .whereLayer("security")
                .mayOnlyAccessLayers("core")
                .whereLayer("http")
                .mayOnlyAccessLayers("core")
                .whereLayer("catalog")
                .mayOnlyAccessLayers("core")
                .whereLayer("databases")
                .mayOnlyAccessLayers("core")
                .whereLayer("protocol")
                .mayOnlyAccessLayers("core", "storage", "repository", "security", "http")
                .whereLayer("media")
                .mayOnlyAccessLayers(
                        "core", "storage", "repository", "search", "stores", "security", "http", "protocol")
                .whereLayer("agent")
                .mayOnlyAccessLayers(
                        "core", "storage", "repository", "sources", "plan", "databases", "security", "http", "protocol")
                .whereLayer("control")
                .mayOnlyAccessLayers("core", "repository", "plan", "catalog", "security", "http", "protocol")
                .whereLayer("console")
                .mayOnlyAccessLayers("core", "plan", "http", "protocol", "control")
                .whereLayer("testkit")
                .mayOnlyAccessLayers("core", "storage")
                .whereLayer("testkit")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("cli")
                .mayNotBeAccessedByAnyLayer()
                .because("a layer can be understood, tested and replaced without those above it")
                .check(CLASSES);
    }

    @Test
    void encodingsAndKeysKnowNothingOfWhatIsStored() {
        noClasses()
                .that()
                .resideInAPackage("io.holdfast.repository.cbor..")
                .should()
                .dependOnClassesThat(otherPackages("io.holdfast.repository..", "io.holdfast.repository.cbor.."))
                .because("an encoding that knew its content could not be checked on its own")
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage("io.holdfast.repository.crypto..")
                .should()
                .dependOnClassesThat(otherPackages(
                        "io.holdfast.repository..", "io.holdfast.repository.cbor..", "io.holdfast.repository.crypto.."))
                .because("what protects objects must be reviewable without what they mean")
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAnyPackage(
                        "io.holdfast.repository.chunk..",
                        "io.holdfast.repository.pack..",
                        "io.holdfast.repository.index..",
                        "io.holdfast.repository.tree..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.holdfast.repository.snapshot..",
                        "io.holdfast.repository.session..",
                        "io.holdfast.repository.collect..",
                        "io.holdfast.repository.verify..")
                .because("data is written and read the same whoever does it and whatever is deleted later")
                .check(CLASSES);
    }

    @Test
    void nobodyReliesOnVerification() {
        noClasses()
                .that()
                .resideInAPackage("io.holdfast.repository..")
                .and()
                .resideOutsideOfPackage("io.holdfast.repository.verify..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.holdfast.repository.verify..")
                .because("what is checked must not lean on its checker")
                .check(CLASSES);
    }

    @Test
    void filesKnowNothingOfBackups() {
        noClasses()
                .that()
                .resideInAPackage("io.holdfast.sources.files..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.holdfast.repository..", "io.holdfast.sources.backup..", "io.holdfast.sources.restore..")
                .because("system calls are hard enough alone, and other programs may want them")
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage("io.holdfast.sources.backup..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.holdfast.sources.restore..")
                .because("a backup is made by who may never restore")
                .check(CLASSES);
    }

    @Test
    void timeIsPassedIn() {
        noClasses()
                .that(not(places(
                        "io.holdfast.core.SystemMonotonicClock", "io.holdfast.testkit.ObjectStoreConcurrencyContract")))
                .should()
                .callMethodWhere(method(Thread.class, "sleep"))
                .because("a test must not wait; MonotonicClock waits, and tests replace it")
                .check(CLASSES);
        noClasses()
                .should()
                .callMethodWhere(method(System.class, "currentTimeMillis")
                        .or(target(name("now")).and(target(owner(resideInAPackage("java.time.."))))))
                .because("no safety rule reads a clock, and what is only for people comes from an InstantSource")
                .check(CLASSES);
        noClasses()
                .that(not(places("io.holdfast.core.SystemMonotonicClock", "io.holdfast.cli.ProgressLine")))
                .should()
                .callMethodWhere(method(System.class, "nanoTime"))
                .because("MonotonicClock is passed in; only the progress line looks at its own watch")
                .check(CLASSES);
        noClasses()
                .that(not(places("io.holdfast.core.WallClock")))
                .should()
                .callMethodWhere(target(nameMatching("system(UTC|DefaultZone)?"))
                        .and(target(owner(resideInAPackage("java.time..")))))
                .because("there is one place where the system's clock comes in")
                .check(CLASSES);
    }

    @Test
    void randomnessIsPassedInOrIsForNamesAlone() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.util.Random")
                .orShould()
                .callMethodWhere(method(Math.class, "random"))
                .because("it can neither be repeated nor trusted: SecureRandom makes keys, SeededRandom makes tests")
                .check(CLASSES);
        noClasses()
                .that(not(places("io.holdfast.storage.TemporaryFiles", "io.holdfast.testkit.SeededRandom")))
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.util.concurrent.ThreadLocalRandom")
                .because("only names of temporary files and seeds that are printed may come from it")
                .check(CLASSES);
    }

    @Test
    void onlyTheCommandLineTalksToTheTerminalAndEndsTheProcess() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.holdfast.cli..")
                .should()
                .accessField(System.class, "out")
                .orShould()
                .accessField(System.class, "err")
                .orShould()
                .callMethodWhere(method(System.class, "exit"))
                .because("who calls an engine decides what people see and when the process ends")
                .check(CLASSES);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Util", "Utils", "Helper", "Manager", "Impl", "Base", "Common", "Info", "Data"})
    void classesAreNamedForTheirRole(String suffix) {
        noClasses()
                .should()
                .haveSimpleNameEndingWith(suffix)
                .because("such a name takes anything in and tells nothing; name the role")
                .check(CLASSES);
    }

    private static DescribedPredicate<JavaCall<?>> method(Class<?> type, String method) {
        return target(name(method))
                .and(target(owner(resideInAPackage(type.getPackageName()).and(name(type.getName())))));
    }

    private static DescribedPredicate<JavaClass> places(String... names) {
        return DescribedPredicate.describe(
                String.join(", ", names), type -> List.of(names).contains(type.getName()));
    }

    private static DescribedPredicate<JavaClass> otherPackages(String whole, String... allowed) {
        return resideInAPackage(whole).and(not(resideInAnyPackage(allowed)));
    }
}
