# Tudo o que as pessoas leem, em português do Brasil. As chaves e variáveis são as mesmas em todos os idiomas.

brand = Reuniões por vídeo
skip = Ir para o conteúdo
language = Idioma
request-id = Se continuar acontecendo, informe este número:
cancel = Cancelar
save = Salvar
done = Concluir
edit = Editar
optional = (opcional)

# O link de uso único

open-title = Configurar reuniões por vídeo
open-text = Continue para conectar ou trocar as contas em que acontecem as suas sessões online.
open = Continuar
open-once = Este link funciona uma única vez. Se você não esperava por ele, feche esta página: nada acontece.

# Contas

manage-title = Contas de vídeo
manage-intro-owner = A conta padrão atende todas as sessões online. Quem da equipe tiver uma conta própria usa a sua.
manage-intro-none = Conecte uma conta padrão. Enquanto não houver uma, nenhuma sessão online mostra o link.
manage-intro-staff = Com uma conta própria, os seus atendimentos e aulas acontecem nela, e não na conta padrão da empresa.
owner-default = Conta padrão
owner-staff = { $staff }, da equipe
owner-default-at = a conta padrão de { $business }
owner-staff-at = { $staff } em { $business }
provider-zoom = Zoom
provider-custom = Link próprio
plan-basic = Basic
plan-licensed = Licenciada
plan-unassigned = sem plano no Zoom
zoom-user = { $email } ({ $plan })
state-active = Conectada
state-reauthorization = Precisa reconectar
card-none-default = Nada conectado ainda.
card-none-staff = Nada conectado ainda: as suas sessões usam a conta padrão da empresa.
card-default-first = A empresa precisa antes de uma conta padrão. Depois será possível conectar uma conta aqui.
card-broken = As reuniões que já existem continuam funcionando; as novas esperam até a conta ser reconectada.
lapse-since = Não pode ser usada desde { $day }/{ $month }/{ $year }, { $time } UTC.
lapse-refused = O Zoom não nos deixa mais entrar: não aceita mais a permissão que foi dada.
lapse-removed = O Zoom não nos deixa mais entrar: este aplicativo foi removido da conta do Zoom.
lapse-missing-scopes = O Zoom não nos deixa fazer o que é preciso: falta uma permissão.
lapse-user-gone = O Zoom não conhece mais este usuário: ele foi desativado, excluído ou passou para outra organização.
lapse-reconnect = Reconecte e entre com o mesmo usuário do Zoom.
lapse-allow = Reconecte e permita tudo o que o Zoom pedir. Se o Zoom não oferecer isso, peça ao administrador do Zoom que libere este aplicativo.
lapse-restore = Peça ao administrador do Zoom que restaure o usuário e reconecte, ou conecte outro usuário do Zoom.
connect-zoom = Conectar o Zoom
connect-custom = Usar outro link
replace-zoom = Usar o Zoom no lugar
replace-custom = Usar outro link no lugar
reconnect = Reconectar
disconnect = Desconectar
add-staff = Adicionar a conta de alguém da equipe
news-connected = A conta foi conectada.
news-saved = O link foi salvo.
news-disconnected = A conta foi desconectada.
news-cancelled = Nada foi conectado.

# A conta de alguém da equipe

staff-title = A conta de alguém da equipe
staff-text = Os atendimentos e aulas dessa pessoa vão acontecer nela.
field-staff = ID da pessoa
field-staff-hint = Como aparece no seu sistema de agendamentos.

# Conectar o Zoom

connect-title = Conectar o Zoom
connect-text = Cada sessão online ganha uma reunião própria no Zoom. Isto é para { $owner }.
connect-replaces = Ela entra no lugar de { $who }.
connect-step-login = O Zoom pede que você entre na sua conta. Nunca vemos a sua senha.
connect-step-consent = O Zoom pergunta se reuniões podem ser criadas e alteradas por você. Permita.
connect-step-confirm = De volta aqui, você vê qual é a conta do Zoom e confirma.
confirm-title = É esta a conta certa?
confirm-account = Conta do Zoom
confirm-for = Será usada para
confirm-another = Esta conta do Zoom é diferente da anterior ({ $email }). Confirme só se quiser mesmo trocar.
confirm-basic = Esta conta está no plano Basic: o Zoom encerra as reuniões depois de 40 minutos.
confirm-unassigned = Esta conta não tem plano no Zoom e talvez não possa fazer reuniões. Peça um ao administrador do Zoom.
confirm-another-hint = Para usar outra conta, saia antes em zoom.us se o Zoom não perguntar qual usar.
confirm = Confirmar
use-another = Usar outra conta
try-again = Tentar de novo

# Um link próprio

custom-title = Usar outro link
custom-whose = Para { $owner }: todas as sessões online levam a este link.
custom-replaces = Ele entra no lugar da conta do Zoom { $email }.
form-errors = Ainda não foi salvo. Corrija os campos marcados.
field-url = Link
field-url-hint = O endereço da sua sala de reunião, começando com https://
field-password = Senha
field-password-hint = Os participantes a veem e podem copiá-la.
field-description = Descrição
field-description-hint = O que os participantes devem saber, como um número de telefone. Texto simples.
error-url-missing = Digite o endereço que os participantes abrem, como https://meet.example.com/sala
error-url-too-long = O endereço tem mais de 2048 bytes. Use um mais curto.
error-url-character = O endereço contém um espaço, uma barra invertida ou um caractere invisível. Copie-o de novo.
error-url-not-https = O endereço precisa começar com https:// e indicar um site.
error-url-user-info = O endereço não pode conter usuário nem senha antes do nome do site.
error-url-private-host = Os participantes não conseguem abrir este endereço: ele leva a uma rede privada ou local.
error-password-too-long = A senha tem mais de 128 caracteres. Use uma mais curta.
error-password-character = A senha contém uma quebra de linha ou um caractere invisível. Remova-o.
error-description-too-long = A descrição tem mais de 4000 caracteres. Encurte-a.
error-description-character = A descrição contém um caractere de controle. Remova-o.

# Desconectar

disconnect-title = Desconectar esta conta?
disconnect-text = Para { $owner }, { $who } deixa de ser usada.
disconnect-consequence-default = Sem conta padrão nenhuma sessão online mostra o link, nem mesmo as de quem tem conta própria. Os links voltam quando você conectar uma de novo.
disconnect-consequence-staff = As sessões online dessa pessoa vão usar a conta padrão da empresa.
disconnect-meetings = O que fazer com as próximas reuniões?
disconnect-keep = Manter no Zoom
disconnect-delete = Apagar no Zoom

# O fim

finished-connected-title = O Zoom está conectado
finished-connected-text = As suas sessões online já ganham os seus links. Você pode fechar esta página.
finished-cancelled-title = Nada foi alterado
finished-cancelled-text = Nenhuma conta foi conectada. Você pode fechar esta página.
finished-done-title = Tudo pronto
finished-done-text = Você pode fechar esta página.

# Entrar na reunião

join = Entrar
join-leads-to = { $business } usa outro site para esta sessão. Você está prestes a abrir:
join-password = Senha
join-description = De quem organiza
copy = Copiar
copied = Copiada.
waiting-title = O seu link já vem
waiting-making = { $business } agendou esta sessão; a reunião ainda está sendo preparada.
waiting-business = A reunião não pode ser preparada no momento. { $business } precisa verificar: entre em contato se a sessão começar logo.
waiting-refresh = Esta página tenta de novo sozinha. Você não precisa fazer nada.
waiting-again = Esta página tenta de novo sozinha.
no-link-title = Não há link aqui
no-link-text = A sessão pode ter sido cancelada ou transferida, ou o link não é mostrado aqui. Veja a sua confirmação mais recente ou pergunte à empresa.
link-over-title = Esta sessão já terminou
link-over-text = O link não funciona mais. Para agendar de novo, fale com a empresa.

# O que deu errado

no-page-title = Página não encontrada
no-page-text = Não há nada neste endereço. Confira-o ou volte para onde você estava.
malformed-title = Não funcionou
malformed-text = O endereço ou o formulário está incompleto. Volte e tente de novo.
link-used-title = Este link não funciona mais
link-used-text = Cada link abre uma única vez. Volte ao seu sistema de agendamentos e abra de novo as configurações de vídeo para receber outro.
link-expired-title = Este link expirou
link-expired-text = Os links funcionam só por alguns minutos. Volte ao seu sistema de agendamentos e abra de novo as configurações de vídeo para receber outro.
session-over-title = A sua sessão terminou
session-over-text = Por segurança, esta página fica aberta só por pouco tempo. Volte ao seu sistema de agendamentos e abra de novo as configurações de vídeo.
forged-title = Tente de novo, por favor
forged-text = Não conseguimos confirmar que isto foi enviado da nossa própria página. Volte, recarregue a página e tente de novo.
flow-used-title = Esta tentativa de conexão terminou
flow-used-text = Ela demorou demais ou já foi usada, e nada foi conectado. Volte às configurações de vídeo e conecte de novo.
other-browser-title = Termine no mesmo navegador, por favor
other-browser-text = A conexão começou em outro navegador, ou os cookies estão desligados. Volte às configurações de vídeo e conecte de novo a partir de lá.
install-title = Falta um passo
install-text = O Zoom trouxe você até aqui sem dizer para qual empresa, e por isso nada foi conectado. Abra as configurações de vídeo no seu sistema de agendamentos e escolha Conectar o Zoom.
not-entitled-title = O seu plano não tem reuniões por vídeo
not-entitled-text = Mude de plano para conectar uma conta. As contas já conectadas são mantidas.
not-your-account-title = Esta conta não é sua
not-your-account-text = Você pode gerenciar só a sua própria conta. Fale com quem administra a empresa.
self-service-title = As contas de vídeo são da administração
self-service-text = Nesta empresa a equipe não configura as próprias contas. Fale com quem administra a empresa.
default-first-title = Primeiro, uma conta padrão
default-first-text = A empresa precisa de uma conta padrão antes que a equipe tenha as suas. Peça a quem administra a empresa que conecte uma.
later-title = Não conseguimos acessar os seus dados no momento
later-text = Tente de novo daqui a pouco.
failed-title = O Zoom não foi conectado
failed-scopes = Permissões que faltam
failed-again = Nenhuma conta foi alterada. Você pode tentar de novo agora mesmo.
failed-provider-error = O Zoom informou um erro.
failed-code-refused = O Zoom não aceitou o acesso. Talvez tenha demorado demais.
failed-missing-scopes = Faltam permissões. Permita todas no Zoom ou peça ao administrador do Zoom que aprove o aplicativo.
failed-user-gone = O Zoom não conhece este usuário, ou ele não pode fazer reuniões.
failed-unavailable = O Zoom não responde no momento.
failed-misconfigured = O nosso próprio acesso ao Zoom não está configurado corretamente. Avise o suporte.

# Por que uma sessão tem o link que tem

rule-skipped = Não avaliada: uma regra anterior já decidiu.
rule-entitled = O plano de { $business } inclui vídeo.
rule-not-entitled = O plano de { $business } não inclui vídeo, por isso nenhuma das suas sessões mostra o link. Mude de plano para que os links voltem.
rule-gate-open = { $business } tem uma conta padrão.
rule-gate-closed = { $business } não tem uma conta padrão, por isso nenhuma das suas sessões mostra o link. Conecte uma para que os links voltem.
rule-removed = Alguém removeu manualmente o link desta sessão. Desfaça essa escolha para que o link volte.
rule-not-removed = Ninguém removeu manualmente o link desta sessão.
rule-video-on = O vídeo está ligado em { $service }.
rule-video-off = O vídeo está desligado em { $service }, e nenhum link foi adicionado manualmente a esta sessão.
rule-added-by-hand = O vídeo está desligado em { $service }, mas um link foi adicionado manualmente a esta sessão.
rule-no-service = O serviço { $service } não existe mais.
rule-custom-link = Esta sessão recebeu manualmente um link próprio e usa esse link.
rule-no-custom-link = Esta sessão não recebeu manualmente um link próprio.
rule-course-link = { $service } é um curso com um só link para todas as sessões, e esse link é usado.
rule-no-course-link = { $service } é um curso sem link próprio.
rule-not-a-course = { $service } não é um curso, por isso não tem link de curso.
rule-course-ignores-staff = { $service } é um curso: seja quem for que ensine, as contas da equipe não são usadas.
rule-staff-account = { $staff } tem uma conta própria, e ela é usada.
rule-no-staff-account = Sem conta própria: { $staff }.
rule-no-staff = Ninguém da equipe está indicado para esta sessão.
rule-site-default = A conta padrão de { $business } é usada.
