import django.contrib.postgres.indexes
from django.contrib.postgres.operations import TrigramExtension
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import genealogy.models.market
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        TrigramExtension(),
        migrations.CreateModel(
            name='Tree',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=20, unique=True, verbose_name='code')),
                ('kind', models.CharField(choices=[('open', 'open: any number side by side'), ('binary', 'binary: a left and a right leg'), ('matrix', 'matrix: a fixed number of legs')], max_length=10, verbose_name='kind')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
            ],
            options={
                'verbose_name': 'tree',
                'verbose_name_plural': 'trees',
            },
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('email', models.EmailField(error_messages={'unique': 'A user with this e-mail address exists.'}, max_length=254, unique=True, verbose_name='e-mail address')),
                ('name', models.CharField(blank=True, max_length=150, verbose_name='name')),
                ('language', models.CharField(default='en', max_length=12, verbose_name='language')),
                ('is_staff', models.BooleanField(default=False, verbose_name='works at head office')),
                ('is_active', models.BooleanField(default=True, verbose_name='may sign in')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='joined at')),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
            },
        ),
        migrations.CreateModel(
            name='Market',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=12, unique=True, verbose_name='code')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('country', models.CharField(help_text='Two letters, ISO 3166: DE', max_length=2, verbose_name='country')),
                ('currency', models.CharField(help_text='Three letters, ISO 4217: EUR', max_length=3, verbose_name='currency')),
                ('language', models.CharField(default='en', max_length=12, verbose_name='language')),
                ('time_zone', models.CharField(default='UTC', max_length=64, validators=[genealogy.models.market.known_time_zone], verbose_name='time zone')),
                ('is_open', models.BooleanField(default=True, verbose_name='open for business')),
                ('position', models.PositiveSmallIntegerField(default=0, verbose_name='order in lists')),
            ],
            options={
                'verbose_name': 'market',
                'verbose_name_plural': 'markets',
                'ordering': ['position', 'code'],
                'constraints': [models.CheckConstraint(condition=models.Q(('country__regex', '^[A-Z]{2}$')), name='genealogy_market_country_iso', violation_error_message='The country is two capital letters, such as DE.'), models.CheckConstraint(condition=models.Q(('currency__regex', '^[A-Z]{3}$')), name='genealogy_market_currency_iso', violation_error_message='The currency is three capital letters, such as EUR.')],
            },
        ),
        migrations.CreateModel(
            name='Distributor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(help_text='Public, such as F100023', max_length=20, unique=True, verbose_name='number')),
                ('name', models.CharField(max_length=150, verbose_name='name')),
                ('status', models.CharField(choices=[('active', 'active'), ('suspended', 'suspended'), ('terminated', 'terminated')], default='active', max_length=12, verbose_name='status')),
                ('enrolled_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='enrolled at')),
                ('phone', models.CharField(blank=True, max_length=32, verbose_name='phone')),
                ('is_house', models.BooleanField(default=False, verbose_name='is the house account')),
                ('user', models.OneToOneField(blank=True, help_text='Empty for the house account, which nobody signs in to.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='distributor', to=settings.AUTH_USER_MODEL, verbose_name='user')),
                ('market', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='distributors', to='genealogy.market', verbose_name='market')),
            ],
            options={
                'verbose_name': 'distributor',
                'verbose_name_plural': 'distributors',
            },
        ),
        migrations.CreateModel(
            name='Position',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('leg', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='leg')),
                ('lft', models.BigIntegerField(editable=False)),
                ('rght', models.BigIntegerField(editable=False)),
                ('level', models.PositiveIntegerField(editable=False, verbose_name='level')),
                ('distributor', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='positions', to='genealogy.distributor', verbose_name='distributor')),
                ('outer_head', models.ForeignKey(blank=True, db_index=False, editable=False, help_text='The topmost position of the unbroken run of the same leg that ends here.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='genealogy.position', verbose_name='head of the outer leg')),
                ('parent', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='genealogy.position', verbose_name='parent')),
                ('tree', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='positions', to='genealogy.tree', verbose_name='tree')),
            ],
            options={
                'verbose_name': 'position',
                'verbose_name_plural': 'positions',
            },
        ),
        migrations.CreateModel(
            name='OuterLeg',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('leg', models.PositiveSmallIntegerField()),
                ('head', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='outer_legs', to='genealogy.position')),
                ('tail', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='genealogy.position')),
            ],
        ),
        migrations.CreateModel(
            name='Respacing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('low', models.BigIntegerField()),
                ('high', models.BigIntegerField()),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('tree', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='respacings', to='genealogy.tree')),
            ],
        ),
        migrations.AddIndex(
            model_name='user',
            index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('email'), name='gin_trgm_ops'), name='genealogy_user_email_search'),
        ),
        migrations.AddIndex(
            model_name='user',
            index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('name'), name='gin_trgm_ops'), name='genealogy_user_name_search'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Upper('email'), name='genealogy_user_email_unique', violation_error_message='A user with this e-mail address exists.'),
        ),
        migrations.AddIndex(
            model_name='distributor',
            index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('name'), name='gin_trgm_ops'), name='genealogy_dist_name_search'),
        ),
        migrations.AddIndex(
            model_name='distributor',
            index=django.contrib.postgres.indexes.GinIndex(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('number'), name='gin_trgm_ops'), name='genealogy_dist_number_search'),
        ),
        migrations.AddIndex(
            model_name='distributor',
            index=models.Index(fields=['-enrolled_at', '-id'], name='genealogy_dist_newest'),
        ),
        migrations.AddConstraint(
            model_name='distributor',
            constraint=models.UniqueConstraint(condition=models.Q(('is_house', True)), fields=('is_house',), name='genealogy_distributor_one_house'),
        ),
        migrations.AddConstraint(
            model_name='distributor',
            constraint=models.CheckConstraint(condition=models.Q(('number__regex', '^[A-Z0-9][A-Z0-9-]*$')), name='genealogy_distributor_number_form', violation_error_message='A number is made of capital letters, digits and hyphens.'),
        ),
        migrations.AddConstraint(
            model_name='distributor',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['active', 'suspended', 'terminated'])), name='genealogy_distributor_status_known'),
        ),
        migrations.AddConstraint(
            model_name='outerleg',
            constraint=models.UniqueConstraint(fields=('head', 'leg'), name='genealogy_outer_leg_once'),
        ),
        migrations.AddConstraint(
            model_name='respacing',
            constraint=models.UniqueConstraint(fields=('tree', 'low', 'high'), name='genealogy_respacing_once'),
        ),
        migrations.AddConstraint(
            model_name='respacing',
            constraint=models.CheckConstraint(condition=models.Q(('high__gt', models.F('low'))), name='genealogy_respacing_low_before_high'),
        ),
        migrations.AddIndex(
            model_name='position',
            index=models.Index(fields=['tree', 'lft'], name='genealogy_position_lft'),
        ),
        migrations.AddIndex(
            model_name='position',
            index=models.Index(fields=['tree', 'rght'], name='genealogy_position_rght'),
        ),
        migrations.AddIndex(
            model_name='position',
            index=models.Index(fields=['parent', 'rght'], name='genealogy_position_children'),
        ),
        migrations.AddConstraint(
            model_name='position',
            constraint=models.UniqueConstraint(fields=('distributor', 'tree'), name='genealogy_position_once_a_tree'),
        ),
        migrations.AddConstraint(
            model_name='position',
            constraint=models.UniqueConstraint(condition=models.Q(('leg__isnull', False)), fields=('parent', 'leg'), name='genealogy_position_leg_free'),
        ),
        migrations.AddConstraint(
            model_name='position',
            constraint=models.UniqueConstraint(condition=models.Q(('parent__isnull', True)), fields=('tree',), name='genealogy_position_one_root'),
        ),
        migrations.AddConstraint(
            model_name='position',
            constraint=models.CheckConstraint(condition=models.Q(('lft__gte', 1)), name='genealogy_position_lft_set'),
        ),
        migrations.AddConstraint(
            model_name='position',
            constraint=models.CheckConstraint(condition=models.Q(('rght__gt', models.F('lft'))), name='genealogy_position_lft_before_rght'),
        ),
    ]
